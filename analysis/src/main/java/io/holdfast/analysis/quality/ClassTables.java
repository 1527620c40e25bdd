package io.holdfast.analysis.quality;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.reading.Series;
import io.holdfast.analysis.similarity.SimilarityOptions;
import io.holdfast.analysis.structure.Agreement;
import io.holdfast.analysis.structure.ClassMatrix;
import io.holdfast.analysis.structure.ClassSums;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import scala.Tuple2;

/** Similarities of classes in every epoch, how far they agree and how they move. */
final class ClassTables {
  private static final StructType RELATIONS =
      StructType.fromDDL(
          "series int, epoch int, kind string, class int, other int, value double, "
              + "similarity double");

  private static final StructType AGREEMENT =
      StructType.fromDDL(
          "series int, epoch int, kind string, other_kind string, other_epoch int, kl double, "
              + "distance double, rank_correlation double");

  /** The matrices of one series in one epoch; without one by discriminants a note says why. */
  private record Matrices(ArrayList<ClassMatrix> all, String note) implements Serializable {}

  private final SparkSession spark;
  private final PredictionLog log;
  private final EpochTallies tallies;
  private final JavaPairRDD<Long, Matrices> matrices;

  ClassTables(
      SparkSession spark, PredictionLog log, QualityPass pass, SimilarityOptions similarity) {
    this.spark = spark;
    this.log = log;
    tallies = pass.tallies();
    matrices =
        pass.sums()
            .filter(of -> of._2().classes() != null)
            .mapValues(of -> matrices(of.classes(), similarity))
            .persist(StorageLevel.MEMORY_AND_DISK_SER());
  }

  void release() {
    matrices.unpersist();
  }

  private static Matrices matrices(ClassSums sums, SimilarityOptions options) {
    ArrayList<ClassMatrix> all = new ArrayList<>();
    String note = null;
    try {
      all.add(sums.discriminants(options));
    } catch (IllegalArgumentException e) {
      note = e.getMessage();
    }
    all.addAll(sums.outputs());
    return new Matrices(all, note);
  }

  /** A row for each series, epoch, kind and pair of classes. */
  Dataset<Row> relations() {
    return spark.createDataFrame(
        matrices.flatMap(of -> relations(of._1(), of._2()).iterator()), RELATIONS);
  }

  private static List<Row> relations(long key, Matrices matrices) {
    List<Row> rows = new ArrayList<>();
    for (ClassMatrix matrix : matrices.all()) {
      for (int i = 0; i < matrix.classes(); i++) {
        for (int j = 0; j < matrix.classes(); j++) {
          if (i != j) {
            rows.add(
                RowFactory.create(
                    EpochKey.series(key),
                    EpochKey.epoch(key),
                    matrix.kind(),
                    i,
                    j,
                    matrix.values()[i][j],
                    matrix.similarity()[i][j]));
          }
        }
      }
    }
    return rows;
  }

  /**
   * A row for each pair of kinds in an epoch, and for each kind against itself in the epoch before.
   *
   * @param given matrices of the user, of as many classes as the log has
   */
  Dataset<Row> agreement(List<ClassMatrix> given) {
    ArrayList<ClassMatrix> others = new ArrayList<>(given);
    Map<Long, Long> next = nextEpochs();
    JavaRDD<Row> within = matrices.flatMap(of -> within(of._1(), of._2(), others).iterator());
    JavaPairRDD<Long, Tuple2<Long, Matrices>> before =
        matrices
            .filter(of -> next.containsKey(of._1()))
            .mapToPair(of -> new Tuple2<>(next.get(of._1()), new Tuple2<>(of._1(), of._2())));
    JavaRDD<Row> moved =
        matrices
            .join(before)
            .flatMap(of -> moved(of._1(), of._2()._1(), of._2()._2()._1(), of._2()._2()._2()));
    return spark.createDataFrame(within.union(moved), AGREEMENT);
  }

  private Map<Long, Long> nextEpochs() {
    Map<Long, Long> next = new HashMap<>();
    for (Series each : log.series()) {
      List<EpochTallies.Tally> own = tallies.of(each);
      for (int i = 1; i < own.size(); i++) {
        next.put(
            EpochKey.of(each.index(), own.get(i - 1).epoch()),
            EpochKey.of(each.index(), own.get(i).epoch()));
      }
    }
    return next;
  }

  private static List<Row> within(long key, Matrices matrices, List<ClassMatrix> given) {
    List<Row> rows = new ArrayList<>();
    for (ClassMatrix one : matrices.all()) {
      for (ClassMatrix other : matrices.all()) {
        if (!one.kind().equals(other.kind())) {
          rows.add(row(key, one, other, EpochKey.epoch(key)));
        }
      }
      for (ClassMatrix other : given) {
        rows.add(row(key, one, other, null));
      }
    }
    return rows;
  }

  private static Iterator<Row> moved(long key, Matrices now, long previous, Matrices before) {
    List<Row> rows = new ArrayList<>();
    for (ClassMatrix one : now.all()) {
      for (ClassMatrix other : before.all()) {
        if (one.kind().equals(other.kind())) {
          rows.add(row(key, one, other, EpochKey.epoch(previous)));
        }
      }
    }
    return rows.iterator();
  }

  private static Row row(long key, ClassMatrix one, ClassMatrix other, Integer otherEpoch) {
    Agreement agreement = Agreement.of(one, other);
    return RowFactory.create(
        EpochKey.series(key),
        EpochKey.epoch(key),
        one.kind(),
        other.kind(),
        otherEpoch,
        agreement.divergence(),
        agreement.distance(),
        agreement.rankCorrelation());
  }

  /**
   * Refuses matrices of other classes.
   *
   * @throws HoldfastException with {@link ExitCode#BAD_INPUT}
   */
  void requireClasses(List<ClassMatrix> given) {
    if (given.isEmpty()) {
      return;
    }
    for (Tuple2<Long, Integer> of :
        matrices.mapValues(all -> all.all().get(0).classes()).sortByKey().collect()) {
      for (ClassMatrix other : given) {
        if (other.classes() != of._2()) {
          throw new HoldfastException(
              ExitCode.BAD_INPUT,
              "Invalid class matrix "
                  + other.kind()
                  + ": "
                  + other.classes()
                  + " classes, expected "
                  + of._2()
                  + " as in "
                  + log.series().get(EpochKey.series(of._1())).describe());
        }
      }
    }
  }

  /** Why epochs have no similarity by discriminants: a sentence for each series. */
  List<String> notes() {
    Map<Integer, List<String>> found = new HashMap<>();
    for (Tuple2<Long, String> note :
        matrices.mapValues(Matrices::note).filter(of -> of._2() != null).sortByKey().collect()) {
      found.computeIfAbsent(EpochKey.series(note._1()), series -> new ArrayList<>()).add(note._2());
    }
    List<String> notes = new ArrayList<>();
    for (Series each : log.series()) {
      List<String> own = found.get(each.index());
      if (own != null) {
        notes.add(
            "No class similarity by discriminants in "
                + own.size()
                + " epochs of "
                + each.describe()
                + ": "
                + own.get(0)
                + ".");
      }
    }
    return notes;
  }
}
