package io.holdfast.train;

import io.holdfast.analysis.log.CommitManifest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Metrics of one committed epoch.
 *
 * @param epoch counted from 1
 * @param seconds wall time up to the commit
 * @param splits by split name; {@code train} stands for the training passes, or for the evaluation
 *     of the training samples where some passes are of drawn samples
 */
public record EpochSummary(int epoch, double seconds, Map<String, Split> splits) {

  /**
   * Metrics of one split; all NaN when its samples have no labels.
   *
   * @param samples counted
   * @param loss mean per-sample loss: the method's for training passes, else cross entropy
   * @param accuracy fraction that was right, 0..1
   */
  public record Split(long samples, double loss, double accuracy) {}

  static EpochSummary of(
      int epoch,
      double seconds,
      SplitMetrics training,
      List<String> names,
      List<SplitMetrics> heldOut) {
    Map<String, Split> splits = new LinkedHashMap<>();
    if (training.samples() > 0) {
      splits.put("train", split(training));
    }
    for (int i = 0; i < names.size(); i++) {
      splits.put(names.get(i), split(heldOut.get(i)));
    }
    return new EpochSummary(epoch, seconds, splits);
  }

  private static Split split(SplitMetrics metrics) {
    return new Split(metrics.samples(), metrics.loss(), metrics.accuracy());
  }

  static EpochSummary of(CommitManifest manifest) {
    Map<String, Split> splits = new LinkedHashMap<>();
    double seconds = 0;
    for (Map.Entry<String, Object> entry : manifest.metrics().entrySet()) {
      if (entry.getValue() instanceof Map<?, ?> values) {
        splits.put(
            entry.getKey(),
            new Split(
                (long) number(values.get("samples")),
                number(values.get("loss")),
                number(values.get("accuracy"))));
      } else if (entry.getKey().equals("seconds")) {
        seconds = number(entry.getValue());
      }
    }
    return new EpochSummary(manifest.epoch(), seconds, splits);
  }

  private static double number(Object value) {
    return value instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  Map<String, Object> metrics() {
    Map<String, Object> metrics = new LinkedHashMap<>();
    metrics.put("seconds", seconds);
    splits.forEach(
        (name, split) ->
            metrics.put(
                name,
                Map.of(
                    "samples",
                    split.samples(),
                    "loss",
                    split.loss(),
                    "accuracy",
                    split.accuracy())));
    return metrics;
  }
}
