package io.holdfast.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.config.ConfigException;
import io.holdfast.gold.Batches;
import io.holdfast.gold.FewestOptions;
import io.holdfast.gold.Seeds;
import io.holdfast.gold.Tolerance;
import io.holdfast.method.EpochPosition;
import io.holdfast.method.LossContext;
import io.holdfast.method.MethodDescriptor;
import io.holdfast.method.Methods;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.activations.impl.ActivationTanH;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

class MethodLossFunctionTest {
  private static final int INPUTS = 6;
  private static final int CLASSES = 4;
  private static final EpochPosition FOURTH = new EpochPosition(4, 10);

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT", "DOUBLE"})
  void trainsTheSameParametersAsDl4jsOwnCrossEntropyOnSoftmax(DataType type) throws Exception {
    Seeds.check(
        3,
        random -> {
          ComputationGraph ours = network(loss("std"), Activation.IDENTITY, type, 0.001);
          ComputationGraph theirs = network(new LossMCXENT(), Activation.SOFTMAX, type, 0.001);
          theirs.setParams(ours.params().dup());
          for (int step = 0; step < 10; step++) {
            DataSet plain = plainBatch(random, type, 5 + random.nextInt(4));
            ours.fit(new DataSet(plain.getFeatures(), widened(random, plain.getLabels())));
            theirs.fit(plain);
            new Tolerance(1e-6, 1e-5).check("score", ours.score(), theirs.score());
          }
          Tolerance close = type == DataType.FLOAT ? new Tolerance(1e-6, 1e-5) : Tolerance.FLOAT64;
          close.check("parameters", Batches.column(ours.params()), Batches.column(theirs.params()));
        });
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT", "DOUBLE"})
  void capturesTheOutputsFromBeforeTheUpdate(DataType type) throws Exception {
    Seeds.check(
        3,
        random -> {
          ComputationGraph network = network(loss("fer"), Activation.IDENTITY, type, 0);
          try (TrainingPass pass = TrainingPass.bind(LossContext.at(FOURTH))) {
            for (int rows : new int[] {5, 9, 3, 9}) {
              DataSet plain = plainBatch(random, type, rows);
              DataSet batch = new DataSet(plain.getFeatures(), widened(random, plain.getLabels()));
              double[][] before = Batches.matrix(network.output(batch.getFeatures())[0]);
              double[] losses = Batches.column(network.scoreExamples(batch, false));
              network.fit(batch);
              assertThat(pass.rows()).isEqualTo(rows);
              assertThat(pass.classes()).isEqualTo(CLASSES);
              new Tolerance(1e-6, 1e-6).check("logits", captured(pass), before);
              new Tolerance(1e-6, 1e-5).check("losses", capturedLosses(pass), losses);
              new Tolerance(1e-6, 1e-5)
                  .check("score", network.score(), Arrays.stream(losses).average().getAsDouble());
            }
          }
        });
  }

  @Test
  void reusesTheArraysOfALargerBatch() {
    MethodLossFunction loss = loss("std");
    Random random = new Random(1);
    try (TrainingPass pass = TrainingPass.bind(LossContext.at(FOURTH))) {
      gradient(loss, random, 8);
      float[] logits = pass.logits();
      float[] losses = pass.losses();
      gradient(loss, random, 3);
      assertThat(pass.logits()).isSameAs(logits);
      assertThat(pass.losses()).isSameAs(losses);
      assertThat(pass.rows()).isEqualTo(3);
      gradient(loss, random, 9);
      assertThat(pass.logits()).hasSize(9 * CLASSES);
    }
  }

  @Test
  void scoringChangesNothingThatWasCaptured() {
    ComputationGraph network = network(loss("fer"), Activation.IDENTITY, DataType.FLOAT, 0);
    Random random = new Random(2);
    DataSet first = plainBatch(random, DataType.FLOAT, 5);
    DataSet second = plainBatch(random, DataType.FLOAT, 7);
    double unbound = network.score(second);
    try (TrainingPass pass = TrainingPass.bind(LossContext.at(FOURTH))) {
      network.fit(first);
      float[] logits = pass.logits().clone();
      float[] losses = pass.losses().clone();
      double scoreOfSecond = network.score(second);
      double scoreOfFirst = network.score(first);
      network.scoreExamples(second, true);
      assertThat(network.score(second)).isEqualTo(scoreOfSecond);
      assertThat(network.score(first)).isEqualTo(scoreOfFirst);
      assertThat(scoreOfFirst).isNotEqualTo(scoreOfSecond);
      assertThat(pass.logits()).isEqualTo(logits);
      assertThat(pass.losses()).isEqualTo(losses);
      assertThat(pass.rows()).isEqualTo(5);
    }
    assertThat(network.score(second)).isNotEqualTo(unbound);
  }

  @Test
  void theScoreRightAfterTheGradientIsTheStoredMeanAndIsComputedAnewLater() {
    Random random = new Random(8);
    MethodLossFunction loss = loss("std");
    ActivationIdentity identity = new ActivationIdentity();
    INDArray labels = oneHot(random, DataType.DOUBLE, 3);
    INDArray output = Nd4j.createFromArray(gaussian(random, 3, CLASSES));
    INDArray another = Nd4j.createFromArray(gaussian(random, 3, CLASSES));
    try (TrainingPass pass = TrainingPass.bind(LossContext.at(FOURTH))) {
      loss.computeGradient(labels, output, identity, null);
      // Another output shows that nothing is recomputed: DL4J passes an equal one here.
      assertThat(loss.computeScore(labels, another, identity, null, true))
          .isEqualTo(pass.meanLoss());
      assertThat(loss.computeScore(labels, another, identity, null, true))
          .isNotEqualTo(pass.meanLoss());
      loss.computeGradient(labels, output, identity, null);
      assertThat(loss.computeScore(labels.dup(), another, identity, null, false))
          .isNotEqualTo(3 * pass.meanLoss());
    }
  }

  @Test
  void thePositionReachesTheLoss() {
    Random random = new Random(3);
    INDArray logits = Nd4j.createFromArray(gaussian(random, 5, CLASSES));
    INDArray labels = widened(random, oneHot(random, DataType.DOUBLE, 5));
    labels.getColumn(2 * CLASSES).assign(1);
    MethodLossFunction loss = loss("fer");
    ActivationIdentity identity = new ActivationIdentity();
    double unbound = loss.computeScore(labels, logits, identity, null, true);
    double fourth;
    try (TrainingPass pass = TrainingPass.bind(LossContext.at(FOURTH))) {
      fourth = loss.computeScore(labels, logits, identity, null, true);
    }
    double last;
    try (TrainingPass pass = TrainingPass.bind(LossContext.at(new EpochPosition(10, 10)))) {
      last = loss.computeScore(labels, logits, identity, null, true);
    }
    assertThat(fourth).isNotEqualTo(last);
    assertThat(unbound).isEqualTo(last);
  }

  @Test
  void everyMethodSurvivesJsonInsideANetwork() {
    for (MethodDescriptor method : Methods.descriptors()) {
      ILossFunction loss =
          new MethodLossFunction(
              method.name(),
              Methods.schema(method.name()).parse(FewestOptions.of(method.name())).resolved(),
              CLASSES);
      ComputationGraphConfiguration configuration =
          network(loss, Activation.IDENTITY, DataType.FLOAT, 0).getConfiguration();
      ComputationGraphConfiguration read =
          ComputationGraphConfiguration.fromJson(configuration.toJson());
      assertThat(read).isEqualTo(configuration);
      assertThat(read.toJson()).isEqualTo(configuration.toJson());
      ComputationGraph network = new ComputationGraph(read);
      network.init();
      OutputLayer layer = (OutputLayer) network.getLayer("output").conf().getLayer();
      assertThat(layer.getLossFn()).isEqualTo(loss).isNotSameAs(loss);
      network.fit(plainBatch(new Random(4), DataType.FLOAT, 3));
      assertThat(network.score()).isFinite();
    }
  }

  @Test
  void survivesJavaSerialisation() throws Exception {
    MethodLossFunction loss = new MethodLossFunction("fer", Map.of("fer.tau", "3"), CLASSES);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(loss);
    }
    Object read = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
    assertThat(read).isEqualTo(loss).isNotSameAs(loss);
    assertThat(gradient((MethodLossFunction) read, new Random(5), 4))
        .isEqualTo(gradient(loss, new Random(5), 4));
  }

  @Test
  void anotherActivationIsAppliedAndDifferentiated() {
    Random random = new Random(6);
    double[][] values = gaussian(random, 3, CLASSES);
    INDArray labels = oneHot(random, DataType.DOUBLE, 3);
    MethodLossFunction loss = loss("lsr");
    ActivationTanH tanh = new ActivationTanH();
    INDArray output = Nd4j.createFromArray(values);
    double[][] gradient = Batches.matrix(loss.computeGradient(labels, output, tanh, null));
    assertThat(Batches.matrix(output)).isDeepEqualTo(values);
    double step = 1e-5;
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < CLASSES; j++) {
        double value = values[i][j];
        values[i][j] = value + step;
        double above = loss.computeScore(labels, Nd4j.createFromArray(values), tanh, null, false);
        values[i][j] = value - step;
        double below = loss.computeScore(labels, Nd4j.createFromArray(values), tanh, null, false);
        values[i][j] = value;
        new Tolerance(1e-8, 1e-6).check("gradient", gradient[i][j], (above - below) / (2 * step));
      }
    }
  }

  @Test
  void refusesWhatItCannotTrain() {
    MethodLossFunction loss = loss("std");
    INDArray output = Nd4j.zeros(DataType.FLOAT, 2, CLASSES);
    INDArray labels = Nd4j.zeros(DataType.FLOAT, 2, CLASSES);
    ActivationIdentity identity = new ActivationIdentity();
    assertThatThrownBy(() -> loss.computeGradient(labels, output, new ActivationSoftmax(), null))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("softmax (expected identity");
    assertThatThrownBy(() -> loss.computeScore(labels, output, identity, Nd4j.ones(2, 1), true))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("masks");
    assertThatThrownBy(
            () -> loss.computeGradient(Nd4j.zeros(2, CLASSES + 1), output, identity, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid labels shape: [2, 5] (expected [2, 4] or [2, 9])");
    assertThatThrownBy(
            () -> loss.computeGradient(labels, Nd4j.zeros(2, CLASSES + 1), identity, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid output shape: [2, 5] (expected [batch, 4])");
    assertThatThrownBy(() -> new MethodLossFunction("standard", Map.of(), CLASSES))
        .isInstanceOf(ConfigException.class);
  }

  @Test
  void aThreadHasOnePassAtATime() throws Exception {
    try (TrainingPass pass = TrainingPass.bind(LossContext.at(FOURTH))) {
      assertThatThrownBy(() -> TrainingPass.bind(LossContext.at(FOURTH)))
          .isInstanceOf(IllegalStateException.class);
      Thread other =
          new Thread(
              () -> {
                try (TrainingPass theirs = TrainingPass.bind(LossContext.at(FOURTH))) {
                  gradient(loss("std"), new Random(7), 2);
                  assertThat(theirs.rows()).isEqualTo(2);
                }
              });
      Throwable[] failure = new Throwable[1];
      other.setUncaughtExceptionHandler((thread, thrown) -> failure[0] = thrown);
      other.start();
      other.join();
      assertThat(failure[0]).isNull();
      assertThat(pass.rows()).isZero();
    }
    TrainingPass.bind(LossContext.at(FOURTH)).close();
  }

  private static MethodLossFunction loss(String method) {
    return new MethodLossFunction(method, Map.of(), CLASSES);
  }

  private static INDArray gradient(MethodLossFunction loss, Random random, int rows) {
    INDArray output = Nd4j.createFromArray(gaussian(random, rows, CLASSES));
    return loss.computeGradient(
        oneHot(random, DataType.DOUBLE, rows), output, new ActivationIdentity(), null);
  }

  private static ComputationGraph network(
      ILossFunction loss, Activation activation, DataType type, double l2) {
    ComputationGraph network =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(11)
                .dataType(type)
                .updater(new Nesterovs(0.1, 0.9))
                .l2(l2)
                .trainingWorkspaceMode(WorkspaceMode.ENABLED)
                .graphBuilder()
                .addInputs("input")
                .addLayer(
                    "hidden",
                    new DenseLayer.Builder()
                        .nIn(INPUTS)
                        .nOut(8)
                        .activation(Activation.TANH)
                        .build(),
                    "input")
                .addLayer(
                    "output",
                    new OutputLayer.Builder(loss)
                        .nIn(8)
                        .nOut(CLASSES)
                        .activation(activation)
                        .build(),
                    "hidden")
                .setOutputs("output")
                .build());
    network.init();
    return network;
  }

  private static DataSet plainBatch(Random random, DataType type, int rows) {
    return new DataSet(
        Batches.array(type, gaussian(random, rows, INPUTS)), oneHot(random, type, rows));
  }

  private static INDArray oneHot(Random random, DataType type, int rows) {
    int[] labels = random.ints(rows, 0, CLASSES).toArray();
    return Batches.array(type, Batches.oneHot(labels, CLASSES));
  }

  /** One-hot labels with random soft targets beside them, some of them active. */
  private static INDArray widened(Random random, INDArray oneHot) {
    double[][] labels = Batches.matrix(oneHot);
    double[][] widened = new double[labels.length][2 * CLASSES + 1];
    for (int i = 0; i < labels.length; i++) {
      System.arraycopy(labels[i], 0, widened[i], 0, CLASSES);
      for (int j = 0; j < CLASSES; j++) {
        widened[i][CLASSES + j] = random.nextDouble() / CLASSES;
      }
      widened[i][2 * CLASSES] = random.nextInt(2);
    }
    return Batches.array(oneHot.dataType(), widened);
  }

  private static double[][] captured(TrainingPass pass) {
    double[][] logits = new double[pass.rows()][pass.classes()];
    for (int i = 0; i < logits.length; i++) {
      for (int j = 0; j < pass.classes(); j++) {
        logits[i][j] = pass.logits()[i * pass.classes() + j];
      }
    }
    return logits;
  }

  private static double[] capturedLosses(TrainingPass pass) {
    double[] losses = new double[pass.rows()];
    for (int i = 0; i < losses.length; i++) {
      losses[i] = pass.losses()[i];
    }
    return losses;
  }

  private static double[][] gaussian(Random random, int rows, int columns) {
    double[][] values = new double[rows][columns];
    for (double[] row : values) {
      for (int j = 0; j < columns; j++) {
        row[j] = random.nextGaussian();
      }
    }
    return values;
  }
}
