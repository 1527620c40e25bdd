package io.holdfast.method;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.gold.Batches;
import io.holdfast.gold.Seeds;
import io.holdfast.gold.Tolerance;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What the forms of single losses come to. */
class LossFormsTest {
  private static final int DRAWS = 10;

  @Test
  void encouragingLossWithEndZeroHasTheLinearBonus() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          Batch batch = Batch.draw(random, 6);
          LossValue plain = batch.compute("std", Map.of());
          double[][] softmax = softmax(batch.logits);
          LossValue value = batch.compute("el", Map.of("el.end", "0"));
          double[] losses = Batches.column(value.perSample());
          double[] crossEntropies = Batches.column(plain.perSample());
          double[][] gradient = Batches.matrix(value.gradient());
          double[][] plainGradient = Batches.matrix(plain.gradient());
          for (int i = 0; i < losses.length; i++) {
            double p = softmax[i][batch.labels[i]];
            Tolerance.FLOAT64.check("loss", losses[i], crossEntropies[i] - p);
            for (int j = 0; j < gradient[i].length; j++) {
              Tolerance.FLOAT64.check("gradient", gradient[i][j], (1 + p) * plainGradient[i][j]);
            }
          }
        });
  }

  @Test
  void encouragingLossWithEndOneIsTheNormalOne() throws Exception {
    equal("el", Map.of("el.end", "1"), "el", Map.of("el.bonus", "normal"));
  }

  @Test
  void theNormalBonusPushesTheLabelWithFullForceUntilItSwitchesOff() {
    double[][] logits = {{2, 0, -1}, {9, 0, 0}, {15, 0, 0}, {80, 0, -80}};
    Batch batch = new Batch(new int[4], logits);
    double[][] gradient =
        Batches.matrix(batch.compute("el", Map.of("el.bonus", "normal")).gradient());
    double[][] plain = Batches.matrix(batch.compute("std", Map.of()).gradient());
    double[][] softmax = softmax(logits);
    for (int i = 0; i < 2; i++) {
      double others = softmax[i][1] + softmax[i][2];
      double[] expected = {-1, softmax[i][1] / others, softmax[i][2] / others};
      Tolerance.FLOAT64.check("encouraged", gradient[i], expected);
    }
    for (int i = 2; i < 4; i++) {
      Tolerance.FLOAT64.check("switched off", gradient[i], plain[i]);
    }
  }

  @Test
  void focalWithGammaZeroIsCrossEntropy() throws Exception {
    equal("focal", Map.of("focal.gamma", "0"), "std", Map.of());
  }

  @Test
  void haltedFocalWithPhiOneIsFocal() throws Exception {
    equal("halted-focal", Map.of("halted-focal.phi", "1"), "focal", Map.of());
  }

  @Test
  void haltedFocalIsContinuousWhereItHalts() {
    double margin = Math.log(0.3 / 0.7);
    Batch batch = new Batch(new int[2], new double[][] {{margin - 1e-9, 0}, {margin + 1e-9, 0}});
    double[] losses =
        Batches.column(
            batch
                .compute(
                    "halted-focal", Map.of("halted-focal.gamma", "2", "halted-focal.phi", "0.3"))
                .perSample());
    new Tolerance(1e-8, 0).check("loss", losses[0], losses[1]);
  }

  @Test
  void squaredErrorAndItsMirrorAddUpToALinearLoss() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          Batch batch = Batch.draw(random, 6);
          double[] losses =
              Batches.column(batch.compute("mse", Map.of("mse.mirror", "true")).perSample());
          double[][] softmax = softmax(batch.logits);
          for (int i = 0; i < losses.length; i++) {
            double linear = 0;
            for (int j = 0; j < softmax[i].length; j++) {
              double mistaken = 2 * softmax[i][j] - 1;
              linear += j == batch.labels[i] ? -mistaken : mistaken;
            }
            Tolerance.FLOAT64.check("loss", losses[i], linear / softmax[i].length);
          }
        });
  }

  @Test
  void aMultiplierOfKUndoesTheMeanOverElements() throws Exception {
    equal(
        "tf-reg",
        Map.of("tf-reg.reduction", "element", "tf-reg.multiplier", "5"),
        "tf-reg",
        Map.of());
  }

  @Test
  void theLastSampleOfAnOddBatchIsNotPaired() throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          int rows = 1 + 2 * random.nextInt(4);
          Batch batch = Batch.draw(random, rows);
          double[][] confused = Batches.matrix(batch.compute("pc", Map.of()).gradient());
          double[][] plain = Batches.matrix(batch.compute("std", Map.of()).gradient());
          Tolerance.FLOAT64.check("last row", confused[rows - 1], plain[rows - 1]);
        });
  }

  @Test
  void equalOutputsAreNotPulledApart() {
    double[][] logits = {{1, 2, 3}, {80, -80, 0}, {1, 2, 3}, {80, -80, 0}};
    Batch batch = new Batch(new int[] {0, 1, 2, 0}, logits);
    LossValue plain = batch.compute("std", Map.of());
    for (Map<String, String> options :
        List.of(
            Map.<String, String>of(),
            Map.of("pc.norm", "batch"),
            Map.of("pc.space", "logits"),
            Map.of("pc.squared", "true"))) {
      LossValue value = batch.compute("pc", options);
      Tolerance.FLOAT64.check("mean", value.mean(), plain.mean());
      Tolerance.FLOAT64.check(
          "gradient", Batches.matrix(value.gradient()), Batches.matrix(plain.gradient()));
    }
  }

  @Test
  void confusionStartsAfterThePlainEpochs() {
    Batch batch = Batch.draw(new Random(3), 6);
    BatchLoss loss = Methods.create("pc", Map.of("pc.plain_epochs", "2"), 5).loss();
    double plain = batch.compute("std", Map.of()).mean();
    double confused = batch.compute("pc", Map.of()).mean();
    Tolerance.FLOAT64.check("epoch 2", batch.compute(loss, 2).mean(), plain);
    Tolerance.FLOAT64.check("epoch 3", batch.compute(loss, 3).mean(), confused);
  }

  @Test
  void aTenthOfTheLabelsIsDrawnAnewOverAllClasses() {
    int classes = 5;
    int rows = 50_000;
    int[] drawn = disturbed(new SplittableRandom(7), rows, classes);
    int[] counts = new int[classes];
    Arrays.stream(drawn).forEach(label -> counts[label]++);
    double each = 0.1 / classes;
    double deviation = Math.sqrt(rows * each);
    assertThat((double) counts[2]).isBetween(rows * (0.9 + each) - 300, rows * (0.9 + each) + 300);
    for (int label : new int[] {0, 1, 3, 4}) {
      assertThat(Math.abs(counts[label] - rows * each)).isLessThan(4 * deviation);
    }
    assertThat(disturbed(new SplittableRandom(7), rows, classes)).isEqualTo(drawn);
    assertThat(disturbed(new SplittableRandom(8), rows, classes)).isNotEqualTo(drawn);
    assertThat(disturbed(null, rows, classes)).containsOnly(2);
  }

  /** The labels that samples of class 2 were trained with, read off the gradient. */
  private static int[] disturbed(SplittableRandom random, int rows, int classes) {
    int[] labels = new int[rows];
    Arrays.fill(labels, 2);
    INDArray oneHot = Batches.array(DataType.FLOAT, Batches.oneHot(labels, classes));
    LossContext at = LossContext.at(new EpochPosition(1, 1));
    LossValue value =
        Methods.create("disturblabel", Map.of(), classes)
            .loss()
            .compute(
                Nd4j.zeros(DataType.FLOAT, rows, classes),
                Targets.of(oneHot),
                new LossContext(at.position(), at.shared(), 0, random));
    assertThat(oneHot.getColumn(2).sumNumber().intValue()).isEqualTo(rows);
    return value.gradient().neg().argMax(1).toIntVector();
  }

  private static void equal(
      String name, Map<String, String> options, String other, Map<String, String> otherOptions)
      throws Exception {
    Seeds.check(
        DRAWS,
        random -> {
          Batch batch = Batch.draw(random, 6);
          LossValue value = batch.compute(name, options);
          LossValue expected = batch.compute(other, otherOptions);
          Tolerance.FLOAT64.check(
              "loss", Batches.column(value.perSample()), Batches.column(expected.perSample()));
          Tolerance.FLOAT64.check(
              "gradient", Batches.matrix(value.gradient()), Batches.matrix(expected.gradient()));
        });
  }

  private static double[][] softmax(double[][] logits) {
    double[][] softmax = new double[logits.length][logits[0].length];
    for (int i = 0; i < logits.length; i++) {
      SampleSoftmax.compute(logits[i], 0, 1, softmax[i]);
    }
    return softmax;
  }

  private record Batch(int[] labels, double[][] logits) {

    /** A batch of five classes. */
    static Batch draw(Random random, int rows) {
      double[][] logits = new double[rows][5];
      for (double[] row : logits) {
        Arrays.setAll(row, j -> 3 * random.nextGaussian());
      }
      return new Batch(random.ints(rows, 0, 5).toArray(), logits);
    }

    LossValue compute(String name, Map<String, String> options) {
      return compute(Methods.create(name, options, logits[0].length).loss(), 1);
    }

    LossValue compute(BatchLoss loss, int epoch) {
      return loss.compute(
          Batches.array(DataType.DOUBLE, logits),
          Targets.of(Batches.array(DataType.DOUBLE, Batches.oneHot(labels, logits[0].length))),
          LossContext.at(new EpochPosition(epoch, 9)));
    }
  }
}
