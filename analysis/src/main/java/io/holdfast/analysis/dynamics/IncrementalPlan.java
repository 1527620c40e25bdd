package io.holdfast.analysis.dynamics;

import io.holdfast.analysis.dynamics.AnalysisManifest.Analysed;
import io.holdfast.analysis.dynamics.AnalysisManifest.FileMark;
import io.holdfast.analysis.dynamics.AnalysisManifest.Names;
import io.holdfast.analysis.reading.LogFile;
import io.holdfast.analysis.reading.LogFileSummary;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What of a log must be read again, given what an earlier analysis read: nothing of a series with
 * the same files, only the new files where all of them hold later epochs, everything otherwise.
 */
final class IncrementalPlan {

  private enum Change {
    NONE,
    LATER_EPOCHS,
    OTHER
  }

  /** One series. */
  private static final class Plan {
    private final Series series;
    private final Analysed before;
    private final List<LogFile> predictions = new ArrayList<>();
    private final List<LogFile> vectors = new ArrayList<>();
    private final Set<FileMark> known = new HashSet<>();
    private Change ofPredictions = Change.OTHER;
    private Change ofVectors = Change.OTHER;

    Plan(Series series, Analysed before) {
      this.series = series;
      this.before = before;
      if (before != null) {
        known.addAll(before.predictions());
        known.addAll(before.vectors());
      }
    }

    void compare() {
      if (before != null) {
        ofPredictions = change(marks(predictions), before.predictions());
        ofVectors = change(marks(vectors), before.vectors());
      }
    }

    private static Change change(List<FileMark> now, List<FileMark> then) {
      if (now.equals(then)) {
        return Change.NONE;
      }
      return new HashSet<>(now).containsAll(then) ? Change.LATER_EPOCHS : Change.OTHER;
    }

    boolean isNew(LogFile file) {
      return !known.contains(FileMark.of(file));
    }
  }

  private final PredictionLog log;
  private final AnalysisManifest before;
  private final List<Plan> plans = new ArrayList<>();

  private IncrementalPlan(PredictionLog log, AnalysisManifest before) {
    this.log = log;
    this.before = before;
  }

  /**
   * Compares.
   *
   * @param log the log as it is now
   * @param before the manifest of the earlier analysis; null where there is none to build on
   */
  static IncrementalPlan of(PredictionLog log, AnalysisManifest before) {
    IncrementalPlan plan = new IncrementalPlan(log, before);
    for (Series series : log.series()) {
      Analysed known =
          before == null
              ? null
              : before.series().stream().filter(each -> each.isOf(series)).findFirst().orElse(null);
      plan.plans.add(new Plan(series, known));
    }
    for (LogFile file : log.files()) {
      Plan of = plan.plans.get(file.series());
      (file.vectors() ? of.vectors : of.predictions).add(file);
    }
    plan.plans.forEach(Plan::compare);
    plan.lookAtEpochs();
    return plan;
  }

  /** Files that were added must hold later epochs only, or what was known is void. */
  private void lookAtEpochs() {
    PredictionLog added =
        log.restricted(
            file -> {
              Plan of = plans.get(file.series());
              Change change = file.vectors() ? of.ofVectors : of.ofPredictions;
              return change == Change.LATER_EPOCHS && of.isNew(file);
            });
    for (LogFileSummary summary : added.summaries()) {
      Plan of = plans.get(summary.file().series());
      boolean later =
          summary.lowestEpoch() != null && summary.lowestEpoch() > of.before.lastEpoch();
      // Vectors of an epoch that predictions lack are refused, as in a first analysis.
      boolean alone = of.ofPredictions == Change.NONE;
      if (summary.file().vectors() && (!later || alone)) {
        of.ofVectors = Change.OTHER;
      } else if (!summary.file().vectors() && !later) {
        of.ofPredictions = Change.OTHER;
      }
    }
  }

  /** In the order of final names: a file that is published in the meantime stays the same. */
  private static List<FileMark> marks(List<LogFile> files) {
    return files.stream().map(FileMark::of).sorted(Comparator.comparing(FileMark::name)).toList();
  }

  /** What is known of a series' files. */
  List<FileMark> predictions(Series series) {
    return marks(plans.get(series.index()).predictions);
  }

  /** What is known of a series' files of vectors. */
  List<FileMark> vectors(Series series) {
    return marks(plans.get(series.index()).vectors);
  }

  /** Whether the log is as it was, with the same series. */
  boolean isNothingNew() {
    return before != null
        && before.notes().equals(log.notes())
        && before.series().stream()
            .map(Analysed::names)
            .toList()
            .equals(log.series().stream().map(Names::of).toList())
        && plans.stream()
            .allMatch(plan -> plan.ofPredictions == Change.NONE && plan.ofVectors == Change.NONE);
  }

  /** What the earlier analysis says of a series as far as its predictions still hold, or null. */
  Analysed known(Series series) {
    Plan plan = plans.get(series.index());
    return plan.ofPredictions == Change.OTHER ? null : plan.before;
  }

  /** Whether rows that were written for single epochs of a series still hold. */
  boolean keepsEpochs(Series series) {
    Plan plan = plans.get(series.index());
    return plan.before != null
        && plan.before.names().reported()
        && plan.ofPredictions != Change.OTHER
        && plan.ofVectors != Change.OTHER;
  }

  /** Whether no row of a series' predictions must be read. */
  boolean isUnread(Series series) {
    return plans.get(series.index()).ofPredictions == Change.NONE;
  }

  /** The part of the log whose predictions the samples' blocks lack. */
  PredictionLog unreadPredictions() {
    return log.restricted(
        file -> {
          Plan plan = plans.get(file.series());
          return !file.vectors()
              && switch (plan.ofPredictions) {
                case NONE -> false;
                case LATER_EPOCHS -> plan.isNew(file);
                case OTHER -> true;
              };
        });
  }

  /** The part of the log whose epochs the tables lack that hold rows for each epoch. */
  PredictionLog unreadEpochs() {
    return log.restricted(
        file -> {
          Plan plan = plans.get(file.series());
          return plan.series.reported() && (!keepsEpochs(plan.series) || plan.isNew(file));
        });
  }

  /** Series whose blocks are added to, by their numbers of now. */
  Set<Integer> extended() {
    Set<Integer> extended = new HashSet<>();
    for (Plan plan : plans) {
      if (plan.ofPredictions == Change.LATER_EPOCHS) {
        extended.add(plan.series.index());
      }
    }
    return extended;
  }

  /** Numbers of now by numbers of then, for series whose blocks still hold as they are. */
  int[] keptNumbers() {
    return numbers(Change.NONE);
  }

  /** Numbers of now by numbers of then, for series whose blocks are added to. */
  int[] extendedNumbers() {
    return numbers(Change.LATER_EPOCHS);
  }

  private int[] numbers(Change change) {
    int[] numbers = new int[before == null ? 0 : before.series().size()];
    Arrays.fill(numbers, -1);
    for (Plan plan : plans) {
      if (plan.ofPredictions == change && plan.before != null) {
        numbers[plan.before.names().index()] = plan.series.index();
      }
    }
    return numbers;
  }
}
