package io.holdfast.analysis.report;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;

/**
 * Everything that a report shows, of bounded size: the JSON in its page. Lists of one record belong
 * together by position. Ids of samples are text, since a browser's numbers end at 2^53.
 *
 * @param log where the prediction log lies, as it was given
 * @param selection how the selected epoch was found
 * @param classNames name of every class; empty where unknown
 * @param groups names of the groups of runs that differ in their seed only
 * @param runs the runs, ordered by name
 * @param series every (run, split, phase)
 * @param images PNG files in Base64 of the samples that have one, by sample id
 * @param notes what was left out and why
 */
@JsonNaming(SnakeCaseStrategy.class)
record ReportData(
    String log,
    String selection,
    List<String> classNames,
    List<String> groups,
    List<Run> runs,
    List<SeriesData> series,
    Map<String, String> images,
    List<String> notes) {

  /**
   * A run.
   *
   * @param runId its name
   * @param group place among the groups
   * @param settings what its run.json says, by key
   */
  @JsonNaming(SnakeCaseStrategy.class)
  record Run(String runId, int group, Map<String, String> settings) {}

  /**
   * One (run, split, phase). What the log lacks is null.
   *
   * @param run place among the runs
   * @param split the split
   * @param phase the phase
   * @param selected the selected epoch; 0 for none
   * @param samples number of samples
   * @param similarity by kind, the names of the tables; those that the user gave last
   */
  @JsonNaming(SnakeCaseStrategy.class)
  record SeriesData(
      int run,
      String split,
      String phase,
      int selected,
      long samples,
      Curves curves,
      DataMap dataMap,
      Projection projection,
      Matrices confusion,
      Map<String, Matrices> similarity,
      Reliability reliability,
      Histogram margins,
      Histogram energies,
      ForgottenTable forgotten,
      FlippedTable flipped) {}

  /** Metrics of every epoch, ascending; a value that is not known is null. */
  record Curves(
      List<Integer> epoch,
      List<Double> accuracy,
      List<Double> loss,
      List<Double> fe,
      List<Double> rfe,
      List<Long> wfs,
      List<Long> wrong,
      List<Double> ece) {}

  /** A bounded choice of {@code samples} samples, chosen by a hash of their ids. */
  @JsonNaming(SnakeCaseStrategy.class)
  record DataMap(
      long samples,
      List<String> sampleId,
      List<Integer> label,
      List<Double> confidence,
      List<Double> variability,
      List<Double> correctness,
      List<Integer> forgettingEvents) {}

  /** Logits on two directions, of a bounded choice of {@code samples} samples. */
  @JsonNaming(SnakeCaseStrategy.class)
  record Projection(
      String method,
      int epoch,
      long samples,
      List<String> sampleId,
      List<Integer> label,
      List<Integer> predicted,
      List<Double> x,
      List<Double> y) {}

  /**
   * A matrix for each of some epochs, rows = the true class.
   *
   * @param allClasses number of classes
   * @param classes the classes shown, ascending
   * @param epochs the epochs shown, ascending; empty for one matrix of no epoch
   * @param totals of a confusion: samples of each class shown, those in classes not shown included
   * @param values for each epoch [classes, classes]
   */
  @JsonNaming(SnakeCaseStrategy.class)
  record Matrices(
      int allClasses,
      List<Integer> classes,
      List<Integer> epochs,
      List<Long> totals,
      List<double[][]> values) {}

  /** Bins of confidence; empty ones are left out. */
  record Reliability(int epoch, Double ece, List<Bin> bins) {}

  /** Samples whose largest probability is in (lower, upper]. */
  record Bin(double lower, double upper, long samples, double confidence, double accuracy) {}

  /**
   * Numbers of samples between edges; the first and the last bin take what lies beyond, where
   * {@code below} or {@code above} says so.
   */
  record Histogram(
      int epoch, List<Double> edges, long below, long above, Map<String, List<Long>> counts) {}

  /** The samples with the most forgetting events, of {@code samples} with any. */
  record ForgottenTable(long samples, List<Forgotten> rows) {}

  /** A sample with forgetting events. */
  @JsonNaming(SnakeCaseStrategy.class)
  record Forgotten(
      String sampleId,
      Integer label,
      int forgettingEvents,
      Integer firstLearned,
      Integer lastLearned,
      Boolean finalCorrect) {}

  /** Samples that are wrong in the selected epoch and were right earlier, of {@code samples}. */
  record FlippedTable(long samples, List<Flipped> rows) {}

  /** A wrong-after-forgetting sample. */
  @JsonNaming(SnakeCaseStrategy.class)
  record Flipped(
      String sampleId,
      Integer label,
      Integer predicted,
      Integer firstLearned,
      Integer lastCorrect) {}
}
