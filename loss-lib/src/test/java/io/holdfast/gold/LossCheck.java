package io.holdfast.gold;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.loss.MethodLossFunction;
import io.holdfast.loss.TrainingPass;
import io.holdfast.method.EpochPosition;
import io.holdfast.method.LossContext;
import io.holdfast.method.LossValue;
import io.holdfast.method.Method;
import io.holdfast.method.Methods;
import io.holdfast.method.Targets;
import java.util.Map;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * Compares a method's loss and gradient with expected values, directly and through the adapter for
 * DL4J.
 */
public record LossCheck(String method, Map<String, String> options, LossContext context) {

  /** Of a method that shares nothing. */
  public LossCheck(String method, Map<String, String> options, EpochPosition position) {
    this(method, options, LossContext.at(position));
  }

  /**
   * Checks the loss in float64, and the adapter in float64 and float32.
   *
   * @param logits {@code [batch, classes]}
   * @param labels one-hot or widened labels
   * @param losses expected loss per sample; null where the loss couples the samples of a batch
   * @param mean expected batch loss
   * @param gradientOfMean expected gradient of the batch loss
   */
  public void check(
      double[][] logits,
      double[][] labels,
      double[] losses,
      double mean,
      double[][] gradientOfMean) {
    int classes = logits[0].length;
    Method created = Methods.create(method, options, classes);
    Targets targets =
        labels[0].length == classes
            ? Targets.of(Batches.array(DataType.DOUBLE, labels))
            : Batches.targets(DataType.DOUBLE, labels, classes);
    LossValue value =
        created.loss().compute(Batches.array(DataType.DOUBLE, logits), targets, context);
    if (losses == null) {
      assertThat(value.perSample()).isNull();
    } else {
      assertThat(value.perSample().shape()).containsExactly(logits.length, 1);
      Tolerance.FLOAT64.check("loss", Batches.column(value.perSample()), losses);
    }
    Tolerance.FLOAT64.check("mean", value.mean(), mean);
    double perSample = 1.0 / logits.length;
    Tolerance.FLOAT64.check(
        "gradient", Batches.scaled(Batches.matrix(value.gradient()), perSample), gradientOfMean);

    throughAdapter(
        DataType.DOUBLE, Tolerance.FLOAT64, logits, labels, losses, mean, gradientOfMean);
    throughAdapter(DataType.FLOAT, Tolerance.FLOAT32, logits, labels, losses, mean, gradientOfMean);
  }

  /**
   * Checks one case of a golden file that has logits and losses.
   *
   * @param entry the case
   * @param labels one-hot or widened labels
   */
  public void check(JsonNode entry, double[][] labels) {
    JsonNode losses = entry.required("loss_per_sample");
    check(
        GoldenFile.matrix(entry.required("logits")),
        labels,
        losses.isNull() ? null : GoldenFile.vector(losses),
        entry.required("loss_mean").doubleValue(),
        GoldenFile.matrix(entry.required("grad_logits_of_mean")));
  }

  private void throughAdapter(
      DataType type,
      Tolerance tolerance,
      double[][] logits,
      double[][] labels,
      double[] losses,
      double mean,
      double[][] gradientOfMean) {
    MethodLossFunction loss = new MethodLossFunction(method, options, logits[0].length);
    ActivationIdentity identity = new ActivationIdentity();
    // Column-major, as a DL4J layer's output is.
    INDArray output = Batches.array(type, logits).dup('f');
    INDArray labelArray = Batches.array(type, labels);
    try (TrainingPass pass = TrainingPass.bind(copy())) {
      INDArray gradient = loss.computeGradient(labelArray, output, identity, null);
      assertThat(gradient.dataType()).isEqualTo(type);
      tolerance.check(
          "gradient in " + type,
          Batches.scaled(Batches.matrix(gradient), 1.0 / logits.length),
          gradientOfMean);
      tolerance.check("captured mean", pass.meanLoss(), mean);
      double stored = loss.computeScore(labelArray, output, identity, null, true);
      assertThat(stored).isEqualTo(pass.meanLoss());
      double sum = loss.computeScore(labelArray, output, identity, null, false);
      tolerance.check("score", sum / logits.length, mean);
      if (losses == null) {
        assertThatThrownBy(() -> loss.computeScoreArray(labelArray, output, identity, null))
            .isInstanceOf(UnsupportedOperationException.class)
            .hasMessageContaining("couples the samples of a batch");
      } else {
        tolerance.check(
            "score array",
            Batches.column(loss.computeScoreArray(labelArray, output, identity, null)),
            losses);
      }
      assertThat(pass.rows()).isEqualTo(logits.length);
      for (int i = 0; i < logits.length; i++) {
        if (losses == null) {
          assertThat(pass.losses()[i]).isNaN();
        } else {
          Tolerance.FLOAT32.check("captured loss", pass.losses()[i], losses[i]);
        }
        for (int j = 0; j < logits[i].length; j++) {
          assertThat(pass.logits()[i * logits[i].length + j]).isEqualTo((float) logits[i][j]);
        }
      }
    }
  }

  /** The context with shared values of its own: a training pass changes them. */
  private LossContext copy() {
    return new LossContext(
        context.position(), context.shared().copy(), context.learningRate(), context.random());
  }
}
