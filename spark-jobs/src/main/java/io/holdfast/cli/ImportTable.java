package io.holdfast.cli;

import io.holdfast.data.DatasetDescriptor;
import io.holdfast.data.DatasetDescriptor.SplitSummary;
import io.holdfast.data.ImportResult;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints what an import or a corruption wrote. */
final class ImportTable {
  private static final int MOST_PRINTED_CLASSES = 20;

  private ImportTable() {}

  static void print(ImportResult result, PrintWriter out) {
    DatasetDescriptor dataset = result.descriptor();
    List<SplitSummary> splits = new ArrayList<>(dataset.splits().values());
    int nameWidth =
        Math.max(
            9, dataset.classNames().stream().mapToInt(name -> name.length() + 6).max().orElse(0));
    StringBuilder head = new StringBuilder(cell("class", -nameWidth));
    dataset.splits().keySet().forEach(name -> head.append(cell(name, 12)));
    out.println(head);
    for (int label = 0; label < dataset.classes(); label++) {
      StringBuilder line = new StringBuilder(cell(dataset.describeClass(label), -nameWidth));
      for (SplitSummary split : splits) {
        line.append(cell(split.perClass().get(label), 12));
      }
      out.println(line);
    }
    if (splits.stream().anyMatch(split -> split.unlabelled() > 0)) {
      StringBuilder line = new StringBuilder(cell("no label", -nameWidth));
      splits.forEach(split -> line.append(cell(split.unlabelled(), 12)));
      out.println(line);
    }
    StringBuilder total = new StringBuilder(cell("all", -nameWidth));
    splits.forEach(split -> total.append(cell(split.samples(), 12)));
    out.println(total);
    if (dataset.imbalance() != null) {
      out.printf(
          Locale.ROOT,
          "imbalance: factor %s, seed %d, removed %d of the training samples%n",
          dataset.imbalance().factor(),
          dataset.imbalance().seed(),
          dataset.imbalance().removed().stream().mapToLong(Long::longValue).sum());
    }
    if (dataset.labelNoise() != null) {
      printNoise(dataset, out);
    }
    out.printf(
        Locale.ROOT,
        "%s: %s %s, fingerprint %s, %.1f s%n",
        result.output(),
        dataset.kind().name().toLowerCase(Locale.ROOT),
        dataset.shape(),
        dataset.fingerprint(),
        result.seconds());
  }

  private static void printNoise(DatasetDescriptor dataset, PrintWriter out) {
    DatasetDescriptor.LabelNoise noise = dataset.labelNoise();
    out.printf(
        Locale.ROOT,
        "label noise: rate %s, seed %d, flipped %.4f of the training labels (%s%s, %s draws)%n",
        noise.rate(),
        noise.seed(),
        noise.flipRate(),
        noise.kind(),
        noise.includeTrueClass() ? ", true class included" : "",
        noise.draws());
    if (dataset.classes() > MOST_PRINTED_CLASSES) {
      out.println("transitions: in dataset.json");
      return;
    }
    out.println("transitions (rows: true class, columns: label):");
    for (int trueLabel = 0; trueLabel < dataset.classes(); trueLabel++) {
      StringBuilder line = new StringBuilder(cell(trueLabel, -4));
      noise.transitions().get(trueLabel).forEach(count -> line.append(cell(count, 8)));
      out.println(line);
    }
  }

  private static String cell(Object value, int width) {
    return String.format(Locale.ROOT, "%" + width + "s", value);
  }
}
