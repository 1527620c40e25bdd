package io.holdfast.analysis.dynamics;

import io.holdfast.analysis.reading.ColumnBatches.Piece;
import io.holdfast.analysis.reading.LogFileSummary;
import io.holdfast.analysis.reading.PredictionLog;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Which task reads which files. A series whose files hold several epochs each and share no sample
 * is taken for sorted: its tasks finish their samples alone. Files of the others are put together
 * so that tasks see as many epochs of a sample as possible.
 */
final class ScanPlan {

  /**
   * Tasks over files with the same columns.
   *
   * @param columns what is read
   * @param sorted whether the files are taken for sorted by sample id
   * @param pieces for each task what it reads
   */
  record Tasks(StructType columns, boolean sorted, List<List<Piece>> pieces) {}

  private static final List<String> COUNTED =
      List.of("sample_id", "epoch", "label", "correct", "loss");
  private static final List<String> DETAILS = List.of("predicted", "p_true", "margin");

  /** A larger file is read by several tasks, and then its samples are not known to be apart. */
  private static final long LARGEST_SORTED_BYTES = 1L << 29;

  private static final long PIECE_BYTES = 1L << 27;
  private static final long FEWEST_ROWS_A_TASK = 4_000_000;
  private static final long MOST_SORTED_ROWS_A_TASK = 16_000_000;
  private static final long MOST_ROWS_A_TASK = 64_000_000;

  /** Opening a file takes as long as reading so many rows. */
  private static final long ROWS_TO_OPEN = 50_000;

  private ScanPlan() {}

  /**
   * Plans the reading of a log.
   *
   * @param detailed whether probabilities, margins and predictions are read, too
   * @param trustOrder whether the series of a number may be taken for sorted
   * @param parallelism how many tasks run at once
   */
  static List<Tasks> of(
      PredictionLog log, boolean detailed, IntPredicate trustOrder, int parallelism) {
    Map<Integer, List<LogFileSummary>> bySeries = new TreeMap<>();
    for (LogFileSummary summary : log.summaries()) {
      if (!summary.file().vectors() && summary.rows() > 0) {
        bySeries.computeIfAbsent(summary.file().series(), series -> new ArrayList<>()).add(summary);
      }
    }
    Map<String, List<LogFileSummary>> byKind = new TreeMap<>();
    for (List<LogFileSummary> files : bySeries.values()) {
      files.sort(
          Comparator.comparing(
                  LogFileSummary::lowestSample, Comparator.nullsFirst(Comparator.naturalOrder()))
              .thenComparing(
                  LogFileSummary::highestSample, Comparator.nullsFirst(Comparator.naturalOrder()))
              .thenComparing(
                  LogFileSummary::lowestEpoch, Comparator.nullsFirst(Comparator.naturalOrder()))
              .thenComparing(file -> file.file().name()));
      boolean sorted = trustOrder.test(files.get(0).file().series()) && seemsSorted(files);
      for (LogFileSummary file : files) {
        byKind
            .computeIfAbsent(
                (sorted ? "sorted " : "unsorted ") + columns(file, detailed).toDDL(),
                kind -> new ArrayList<>())
            .add(file);
      }
    }
    List<Tasks> tasks = new ArrayList<>();
    byKind.forEach(
        (kind, files) -> tasks.add(tasks(files, kind.startsWith("sorted"), detailed, parallelism)));
    return tasks;
  }

  private static boolean seemsSorted(List<LogFileSummary> files) {
    if (files.stream().allMatch(file -> file.file().compacted() != null)) {
      return true;
    }
    for (int i = 0; i < files.size(); i++) {
      LogFileSummary file = files.get(i);
      if (!file.ascending()
          || file.lowestSample() == null
          || file.lowestEpoch() == null
          || file.lowestEpoch().equals(file.highestEpoch())
          || file.file().status().getLen() > LARGEST_SORTED_BYTES
          || (i > 0 && files.get(i - 1).highestSample() >= file.lowestSample())) {
        return false;
      }
    }
    return true;
  }

  private static StructType columns(LogFileSummary file, boolean detailed) {
    Set<String> wanted = new HashSet<>(COUNTED);
    if (detailed) {
      wanted.addAll(DETAILS);
    } else if (!file.everyVerdict()) {
      wanted.add("predicted");
    }
    return new StructType(
        Arrays.stream(StructType.fromDDL(file.columns()).fields())
            .filter(field -> wanted.contains(field.name()))
            .toArray(StructField[]::new));
  }

  private static Tasks tasks(
      List<LogFileSummary> files, boolean sorted, boolean detailed, int parallelism) {
    long weight = files.stream().mapToLong(ScanPlan::weight).sum();
    long most =
        Math.max(
            FEWEST_ROWS_A_TASK,
            Math.min(
                weight / parallelism + 1, sorted ? MOST_SORTED_ROWS_A_TASK : MOST_ROWS_A_TASK));
    List<List<Piece>> tasks = new ArrayList<>();
    List<Piece> task = new ArrayList<>();
    long inTask = 0;
    for (LogFileSummary file : files) {
      List<Piece> pieces = pieces(file, sorted);
      long ofPiece = weight(file) / pieces.size();
      for (Piece piece : pieces) {
        if (!task.isEmpty() && inTask + ofPiece / 2 > most) {
          tasks.add(task);
          task = new ArrayList<>();
          inTask = 0;
        }
        task.add(piece);
        inTask += ofPiece;
      }
    }
    tasks.add(task);
    return new Tasks(columns(files.get(0), detailed), sorted, tasks);
  }

  private static long weight(LogFileSummary file) {
    return file.rows() + ROWS_TO_OPEN;
  }

  private static List<Piece> pieces(LogFileSummary file, boolean whole) {
    int series = file.file().series();
    long bytes = file.file().status().getLen();
    if (whole || bytes <= PIECE_BYTES) {
      return List.of(Piece.whole(series, file.file().status()));
    }
    List<Piece> pieces = new ArrayList<>();
    for (long start = 0; start < bytes; start += PIECE_BYTES) {
      pieces.add(
          new Piece(series, file.file().status(), start, Math.min(PIECE_BYTES, bytes - start)));
    }
    return pieces;
  }
}
