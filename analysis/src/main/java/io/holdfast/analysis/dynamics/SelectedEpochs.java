package io.holdfast.analysis.dynamics;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.reading.Series;
import java.util.List;

/** Finds the selected epoch of every series. */
final class SelectedEpochs {
  private final Selection selection;
  private final List<Series> series;
  private final List<List<EpochCounts>> counts;

  SelectedEpochs(Selection selection, List<Series> series, List<List<EpochCounts>> counts) {
    this.selection = selection;
    this.series = series;
    this.counts = counts;
  }

  /**
   * The epoch of each series; 0 where a series that only evaluations wrote lacks it, which is
   * noted.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT} where a run has no such epoch or no
   *     split to decide by
   */
  int[] find(List<String> notes) {
    int[] selected = new int[series.size()];
    for (Series each : series) {
      List<EpochCounts> epochs = counts.get(each.index());
      int last = epochs.get(epochs.size() - 1).epoch();
      int wanted =
          switch (selection.kind()) {
            case LAST -> last;
            case EPOCH -> selection.epoch();
            case BEST -> best(each);
          };
      if (epochs.stream().anyMatch(count -> count.epoch() == wanted)) {
        selected[each.index()] = wanted;
      } else if (each.everyEpoch()) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT,
            "Unknown epoch of " + each.describe() + ": " + wanted + ", expected 1 to " + last);
      } else {
        notes.add("No comparison of " + each.describe() + ": epoch " + wanted + " was not scored.");
      }
    }
    return selected;
  }

  private int best(Series of) {
    EpochCounts best = null;
    for (Series each : series) {
      if (each.runId().equals(of.runId())
          && each.split().equals(selection.split())
          && each.phase().equals(LogPart.EVAL)) {
        for (EpochCounts count : counts.get(each.index())) {
          if (count.accuracy() != null && (best == null || count.accuracy() > best.accuracy())) {
            best = count;
          }
        }
      }
    }
    if (best == null) {
      throw new HoldfastException(
          ExitCode.BAD_INPUT,
          "Run "
              + of.runId()
              + " has no labelled predictions of split "
              + selection.split()
              + " in phase "
              + LogPart.EVAL
              + ", expected them for the selection "
              + selection);
    }
    return best.epoch();
  }
}
