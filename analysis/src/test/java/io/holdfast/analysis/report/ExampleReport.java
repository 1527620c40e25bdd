package io.holdfast.analysis.report;

import io.holdfast.analysis.report.ReportData.Bin;
import io.holdfast.analysis.report.ReportData.Curves;
import io.holdfast.analysis.report.ReportData.DataMap;
import io.holdfast.analysis.report.ReportData.Flipped;
import io.holdfast.analysis.report.ReportData.FlippedTable;
import io.holdfast.analysis.report.ReportData.Forgotten;
import io.holdfast.analysis.report.ReportData.ForgottenTable;
import io.holdfast.analysis.report.ReportData.Histogram;
import io.holdfast.analysis.report.ReportData.Matrices;
import io.holdfast.analysis.report.ReportData.Projection;
import io.holdfast.analysis.report.ReportData.Reliability;
import io.holdfast.analysis.report.ReportData.Run;
import io.holdfast.analysis.report.ReportData.SeriesData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Reports with made-up numbers, the same for the same arguments. */
final class ExampleReport {
  /** Text that would break a page which took it for markup or script. */
  static final String HOSTILE =
      "</script><script>alert(1)</script><img src=x onerror=alert(2)>&quot;'\"\u2028<!--";

  private static final int SAMPLES = 40;

  private ExampleReport() {}

  /** Every chart and table, of runs in groups of two. */
  static ReportData full(int runs, int epochs, int classes, String className) {
    Random random = new Random(7);
    List<Run> list = new ArrayList<>();
    List<String> groups = new ArrayList<>();
    List<SeriesData> series = new ArrayList<>();
    for (int run = 0; run < runs; run++) {
      if (run % 2 == 0) {
        groups.add("method-" + run / 2);
      }
      list.add(
          new Run(
              "method-" + run / 2 + "-seed" + run % 2,
              run / 2,
              Map.of("method", "m" + run / 2, "train.seed", String.valueOf(run % 2))));
      series.add(series(run, "test", "eval", epochs, classes, random));
      series.add(series(run, "train", "train_pass", epochs, classes, random));
    }
    List<String> names = IntStream.range(0, classes).mapToObj(k -> className + k).toList();
    String pixel = Thumbnail.png(new byte[] {1, 2, 3, 4}, 1, 2, 2);
    return new ReportData(
        "logs", "last", names, groups, list, series, Map.of("7", pixel), List.of("A note."));
  }

  private static SeriesData series(
      int run, String split, String phase, int epochs, int classes, Random random) {
    List<Integer> all = IntStream.rangeClosed(1, epochs).boxed().toList();
    List<Double> rfe = new ArrayList<>(shares(epochs, random));
    rfe.set(0, null);
    Curves curves =
        new Curves(
            all,
            shares(epochs, random),
            shares(epochs, random),
            shares(epochs, random),
            rfe,
            all.stream().map(Long::valueOf).toList(),
            all.stream().map(epoch -> epoch + 1L).toList(),
            shares(epochs, random));
    List<String> ids = IntStream.range(0, SAMPLES).mapToObj(String::valueOf).toList();
    List<Integer> labels = IntStream.range(0, SAMPLES).map(i -> i % classes).boxed().toList();
    return new SeriesData(
        run,
        split,
        phase,
        epochs,
        SAMPLES * 10,
        curves,
        new DataMap(
            SAMPLES * 10,
            ids,
            labels,
            shares(SAMPLES, random),
            shares(SAMPLES, random),
            shares(SAMPLES, random),
            labels),
        new Projection(
            "linear discriminants",
            epochs,
            SAMPLES * 10,
            ids,
            labels,
            labels,
            shares(SAMPLES, random),
            shares(SAMPLES, random)),
        matrices(epochs, classes, random, true),
        similarities(epochs, classes, random),
        new Reliability(
            epochs,
            0.0625,
            List.of(new Bin(0.5, 0.75, 10, 0.625, 0.5), new Bin(0.75, 1, 30, 0.875, 0.9375))),
        new Histogram(epochs, List.of(-1.0, 0.0, 1.0), 2, 0, Map.of("margin", List.of(3L, 35L))),
        new Histogram(
            epochs,
            List.of(-1.0, 0.0, 1.0),
            0,
            0,
            Map.of("of the label", List.of(30L, 10L), "lowest of another class", List.of(4L, 36L))),
        new ForgottenTable(
            5,
            List.of(new Forgotten("7", 0, 9, 1, 5, true), new Forgotten("11", 1, 3, 2, 4, false))),
        new FlippedTable(2, List.of(new Flipped("9", 1, 0, 2, 7), new Flipped("10", 0, 1, 3, 4))));
  }

  private static List<Double> shares(int count, Random random) {
    return IntStream.range(0, count).mapToObj(i -> random.nextInt(1025) / 1024.0).toList();
  }

  private static Map<String, Matrices> similarities(int epochs, int classes, Random random) {
    Map<String, Matrices> all = new LinkedHashMap<>();
    all.put("lda_logits", matrices(epochs, classes, random, false));
    all.put("soft_outputs", matrices(epochs, classes, random, false));
    Matrices given = matrices(1, classes, random, false);
    all.put(
        "features", new Matrices(classes, given.classes(), List.of(), List.of(), given.values()));
    return all;
  }

  private static Matrices matrices(int epochs, int classes, Random random, boolean counts) {
    List<double[][]> values = new ArrayList<>();
    for (int epoch = 0; epoch < epochs; epoch++) {
      double[][] matrix = new double[classes][classes];
      for (int i = 0; i < classes; i++) {
        for (int j = 0; j < classes; j++) {
          matrix[i][j] = counts ? random.nextInt(5) : i == j ? 0 : (1 + random.nextInt(8)) / 64.0;
        }
      }
      values.add(matrix);
    }
    return new Matrices(
        classes,
        IntStream.range(0, classes).boxed().toList(),
        IntStream.rangeClosed(1, epochs).boxed().toList(),
        counts ? IntStream.range(0, classes).mapToObj(i -> 5L * classes).toList() : List.of(),
        values);
  }

  /** A foreign log of one run and epoch: no probabilities, no logits, no settings. */
  static ReportData bare() {
    List<Double> unknown = new ArrayList<>();
    unknown.add(null);
    Curves curves =
        new Curves(
            List.of(1),
            List.of(0.5),
            unknown,
            List.of(0.0),
            List.of(0.0),
            List.of(0L),
            List.of(2L),
            unknown);
    SeriesData only =
        new SeriesData(
            0,
            "test",
            "eval",
            1,
            4,
            curves,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            new ForgottenTable(0, List.of()),
            new FlippedTable(0, List.of()));
    return new ReportData(
        "logs",
        "last",
        List.of(),
        List.of("foreign"),
        List.of(new Run("foreign", 0, Map.of())),
        List.of(only),
        Map.of(),
        List.of());
  }
}
