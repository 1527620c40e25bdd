package io.holdfast.analysis.report;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogFiles;
import io.holdfast.analysis.quality.QualityOptions;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import io.holdfast.analysis.structure.ClassMatrix;
import io.holdfast.analysis.structure.ClassMatrixFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Writes a page about the runs of a prediction log, and its charts as SVG.
 *
 * <p>Numbers are those of {@link io.holdfast.analysis.dynamics.TrainingDynamics} and {@link
 * io.holdfast.analysis.quality.LogQuality}; everything for each sample is reduced in Spark, and
 * only bounded extracts reach the driver. The page is a function of log, options and sample table:
 * equal ones give equal bytes.
 */
public final class ReportJob {
  /** Samples in all data maps, and in all projections, of one page. */
  private static final int MOST_POINTS = 60_000;

  private final SparkSession spark;
  private final ReportOptions options;

  /**
   * A job that has not run yet.
   *
   * @param spark the session to run in
   * @param options what to report and where to put it
   */
  public ReportJob(SparkSession spark, ReportOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Runs the job.
   *
   * @return what was written
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where a run, split, epoch or the
   *     sample table is unknown, with {@link ExitCode#BAD_LOG} where the log is incomplete or
   *     contradicts itself
   */
  public ReportResult execute() {
    ReportData data = data();
    byte[] page = ReportPage.of(options.title(), QualityOptions.DEFAULT.bins(), data);
    write(new Path(options.out()), page);
    List<String> plots = options.plots() == null ? List.of() : plots(data);
    return new ReportResult(
        options.out(),
        page.length,
        data.runs().stream().map(ReportData.Run::runId).toList(),
        plots,
        data.notes());
  }

  /** Collects what the page shows. */
  ReportData data() {
    Configuration conf = spark.sessionState().newHadoopConf();
    // Before anything is computed: a file that is no matrix is told of at once.
    List<ClassMatrix> compared = compared(conf);
    PredictionLog log = PredictionLog.open(spark, options.log(), options.filter());
    SampleTableImages sampleTable =
        options.data() == null ? null : new SampleTableImages(spark, options.data());
    List<String> notes = new ArrayList<>(log.notes());
    try (ReportTables tables = new ReportTables(spark, log)) {
      List<Series> series = ordered(tables.reported());
      List<String> runIds = series.stream().map(Series::runId).distinct().toList();
      RunSettings settings = new RunSettings(conf, options.log(), runIds);
      if (sampleTable != null) {
        noteOtherData(sampleTable, settings.runs(), notes);
      }
      EpochCurves curves = new EpochCurves(tables);
      Map<Integer, ReportData.Curves> curvesByIndex = new HashMap<>();
      Map<Integer, Integer> selected = new HashMap<>();
      for (Series each : series) {
        curvesByIndex.put(each.index(), curves.of(each));
        int epoch = curves.selected(each, options.selection());
        if (epoch > 0) {
          selected.put(each.index(), epoch);
        } else {
          notes.add(each.describe() + " was not scored in epoch " + options.selection() + ".");
        }
      }
      notes.addAll(tables.quality().notes());
      MatrixExtracts matrices = new MatrixExtracts(tables, curvesByIndex, selected, compared);
      ConfidenceExtracts confidence = new ConfidenceExtracts(tables, curvesByIndex, selected);
      SampleExtracts samples = new SampleExtracts(tables, selected, options.rows());
      ChosenSamples chosen =
          new ChosenSamples(
              tables, curves, Math.max(1, Math.min(options.points(), MOST_POINTS / series.size())));
      DataMaps maps = new DataMaps(chosen, curves);
      LogitProjections projections = new LogitProjections(chosen, curves, selected);
      List<ReportData.SeriesData> parts = new ArrayList<>();
      for (Series each : series) {
        int index = each.index();
        parts.add(
            new ReportData.SeriesData(
                runIds.indexOf(each.runId()),
                each.split(),
                each.phase(),
                selected.getOrDefault(index, 0),
                curves.samples(each),
                curves.of(each),
                maps.of(index),
                projections.of(index),
                matrices.confusion().get(index),
                matrices.similarity().get(index),
                confidence.reliability(index),
                confidence.margins(index),
                confidence.energies(index),
                samples.forgotten(index),
                samples.flipped(index)));
      }
      return new ReportData(
          options.log().location(),
          options.selection().toString(),
          sampleTable == null ? List.of() : sampleTable.classNames(),
          settings.groups(),
          settings.runs(),
          parts,
          sampleTable == null ? Map.of() : sampleTable.images(samples.ids()),
          notes);
    }
  }

  private List<ClassMatrix> compared(Configuration conf) {
    return options.compared().entrySet().stream()
        .map(named -> ClassMatrixFile.read(conf, named.getKey(), named.getValue()))
        .toList();
  }

  private static List<Series> ordered(List<Series> series) {
    return series.stream()
        .sorted(
            Comparator.comparing(Series::runId)
                .thenComparing(Series::split)
                .thenComparing(Series::phase))
        .toList();
  }

  private static void noteOtherData(
      SampleTableImages sampleTable, List<ReportData.Run> runs, List<String> notes) {
    List<String> others =
        runs.stream()
            .filter(
                run ->
                    run.settings().containsKey("data_fingerprint")
                        && !run.settings()
                            .get("data_fingerprint")
                            .equals(sampleTable.fingerprint()))
            .map(ReportData.Run::runId)
            .toList();
    if (!others.isEmpty()) {
      notes.add(
          "The sample table is not the one that these runs were trained on, images may be those of"
              + " other samples: "
              + String.join(", ", others)
              + ".");
    }
  }

  private List<String> plots(ReportData data) {
    List<String> names = new ArrayList<>();
    Set<String> overlaid = new LinkedHashSet<>();
    try (ChartRenderer renderer = new ChartRenderer(data)) {
      for (int place = 0; place < data.series().size(); place++) {
        ReportData.SeriesData one = data.series().get(place);
        String part = one.split() + "." + one.phase();
        if (overlaid.add(part)) {
          for (String key : renderer.curves()) {
            plot(renderer, key, place, part, names);
          }
        }
        for (String key : renderer.details()) {
          plot(renderer, key, place, part + "." + data.runs().get(one.run()).runId(), names);
        }
      }
    }
    return names;
  }

  private void plot(
      ChartRenderer renderer, String key, int place, String part, List<String> names) {
    String svg = renderer.svg(key, place);
    if (svg != null) {
      String name = key.replace('_', '-').replace(':', '-') + "." + part + ".svg";
      write(new Path(options.plots(), name), svg.getBytes(StandardCharsets.UTF_8));
      names.add(name);
    }
  }

  private void write(Path file, byte[] bytes) {
    try {
      LogFiles.write(spark.sessionState().newHadoopConf(), file, bytes);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot write " + file + ": " + e.getMessage(), e);
    }
  }
}
