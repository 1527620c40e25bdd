package io.holdfast.data;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What every {@code dataset.json} of ours holds, so that nothing else has to look again. */
final class DescriptorChecks {

  private DescriptorChecks() {}

  /** The first thing that is wrong, in words; null for nothing. */
  static String problem(DatasetDescriptor data) {
    if (data.kind() == null || data.classes() < 0 || data.classes() > ImportOptions.MOST_CLASSES) {
      return "kind " + data.kind() + " with " + data.classes() + " classes";
    }
    int classes = data.classes();
    if (!isList(data.classNames(), 0) && !isList(data.classNames(), classes)) {
      return "class_names " + data.classNames() + " for " + classes + " classes";
    }
    if (!isShape(data.kind(), data.shape())) {
      return "shape " + data.shape();
    }
    if (data.splits() == null || !SampleTable.SPLITS.containsAll(data.splits().keySet())) {
      return "splits " + (data.splits() == null ? null : data.splits().keySet());
    }
    for (Map.Entry<String, DatasetDescriptor.SplitSummary> split : data.splits().entrySet()) {
      if (!isSplit(split.getValue(), classes)) {
        return "split " + split.getKey() + " of " + split.getValue();
      }
    }
    if (!isScaling(data)) {
      return "mean " + shown(data.mean()) + " and deviation " + shown(data.deviation());
    }
    if (!isHash(data.fingerprint())) {
      return "fingerprint " + data.fingerprint();
    }
    if (data.vocabulary() != null && !isHash(data.vocabulary().sha256())) {
      return "vocabulary " + data.vocabulary();
    }
    return made(data, classes);
  }

  /** What noise and imbalance say of every class. */
  private static String made(DatasetDescriptor data, int classes) {
    DatasetDescriptor.LabelNoise noise = data.labelNoise();
    if (noise != null) {
      boolean complete =
          (isList(noise.partners(), 0) || isList(noise.partners(), classes))
              && isList(noise.transitions(), classes)
              && noise.transitions().stream().allMatch(row -> isList(row, classes));
      if (!complete) {
        return "label_noise " + noise;
      }
    }
    if (data.imbalance() != null && !isList(data.imbalance().removed(), classes)) {
      return "imbalance " + data.imbalance();
    }
    return data.importOptions() == null ? "no import_options" : null;
  }

  private static boolean isList(List<?> list, int length) {
    return list != null && list.size() == length && list.stream().allMatch(Objects::nonNull);
  }

  private static boolean isShape(DatasetDescriptor.Kind kind, List<Integer> shape) {
    int length =
        switch (kind) {
          case IMAGE -> 3;
          case TABULAR -> 1;
          case TEXT -> 0;
        };
    if (!isList(shape, length) || shape.stream().anyMatch(size -> size < 1)) {
      return false;
    }
    return shape.stream().mapToDouble(size -> size).reduce(1, (a, b) -> a * b) <= Integer.MAX_VALUE;
  }

  private static boolean isSplit(DatasetDescriptor.SplitSummary split, int classes) {
    return split != null
        && isList(split.perClass(), classes)
        && split.perClass().stream().allMatch(samples -> samples >= 0)
        && split.unlabelled() >= 0
        && split.samples() - split.unlabelled()
            == split.perClass().stream().mapToLong(Long::longValue).sum()
        && isHash(split.fingerprint());
  }

  private static boolean isScaling(DatasetDescriptor data) {
    boolean scaled =
        data.splits().containsKey(SampleTable.TRAIN) && data.kind() != DatasetDescriptor.Kind.TEXT;
    int length = scaled ? data.shape().get(0) : 0;
    return isList(data.mean(), length)
        && isList(data.deviation(), length)
        && data.mean().stream().allMatch(Double::isFinite)
        && data.deviation().stream().allMatch(value -> value > 0 && Double.isFinite(value));
  }

  /** A mean of a thousand features does not fit into a line. */
  private static String shown(Collection<?> values) {
    return values == null ? "null" : "of " + values.size() + " numbers";
  }

  private static boolean isHash(String text) {
    return text != null && text.matches("[0-9a-f]{64}");
  }
}
