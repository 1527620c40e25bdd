package io.holdfast.analysis.sql;

import static org.apache.spark.sql.functions.col;

import io.holdfast.analysis.dynamics.TrainingDynamics;
import io.holdfast.analysis.quality.QualityTables;
import io.holdfast.analysis.reading.PredictionLog;
import io.holdfast.analysis.similarity.SimilarityOptions;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** Every relation. */
final class LogRelations {
  private static final StructType CLASS_SIMILARITY =
      StructType.fromDDL(
          "run_id string, split string, phase string, epoch int, class int, other int, "
              + "similarity double, unnormalized double, cosine double");

  static final List<LogRelation> ALL =
      List.of(
          LogRelation.of(
              "predictions",
              "The rows of a prediction log: run_id, split, phase, sample_id, epoch (BIGINT), label,"
                  + " predicted, correct, loss, p_true, p_pred, margin, true_label.",
              "SELECT epoch, avg(loss) FROM _FUNC_('logs', as_of => 20) WHERE split = 'test' GROUP BY"
                  + " epoch;",
              log -> log.named(log.predictions())),
          LogRelation.of(
              "prediction_vectors",
              "The logits of a prediction log: run_id, split, phase, sample_id, epoch (BIGINT),"
                  + " logits (ARRAY of DOUBLE); no rows where none were logged.",
              "SELECT sample_id, array_max(logits) FROM _FUNC_('logs') WHERE epoch = 20;",
              log -> log.named(log.vectors())),
          LogRelation.of(
              "epoch_metrics",
              "One row for each epoch: run_id, split, phase, epoch, samples, labelled, loss,"
                  + " accuracy, wrong, wfs (wrong samples that were right in an earlier epoch), fe"
                  + " (flipping error, wfs / labelled), rfe (relative flipping error, wfs / wrong).",
              "SELECT run_id, epoch, accuracy, fe, rfe FROM _FUNC_('logs') WHERE split = 'test' ORDER"
                  + " BY run_id, epoch;",
              log -> TrainingDynamics.of(log).epochMetrics()),
          LogRelation.of(
              "sample_dynamics",
              "One row for each sample: run_id, split, phase, sample_id, label, epochs,"
                  + " first_learned, last_learned, forgetting_events, ever_correct, final_correct.",
              "SELECT * FROM _FUNC_('logs') WHERE split = 'train' ORDER BY forgetting_events DESC"
                  + " LIMIT 10;",
              log -> TrainingDynamics.of(log).sampleDynamics()),
          LogRelation.of(
              "flip_events",
              "One row for each learning and forgetting event: run_id, split, phase, sample_id,"
                  + " label, epoch, event ('learned' or 'forgotten'), predicted, previous_predicted.",
              "SELECT label, predicted, count(*) FROM _FUNC_('logs') WHERE event = 'forgotten' GROUP"
                  + " BY label, predicted;",
              log -> TrainingDynamics.of(log).flipEvents()),
          LogRelation.of(
              "class_confusion",
              "How often each class was taken for each: run_id, split, phase, epoch, label,"
                  + " predicted, samples, share (of the label's samples); pairs that do not occur"
                  + " have no row.",
              "SELECT * FROM _FUNC_('logs') WHERE epoch = 20 AND label <> predicted ORDER BY samples"
                  + " DESC;",
              log -> TrainingDynamics.of(log).classConfusion()),
          LogRelation.of(
              "class_similarity",
              "Similarity of classes by linear discriminant analysis of the logits: run_id, split,"
                  + " phase, epoch, class, other, similarity (A, rows sum to 1), unnormalized (s),"
                  + " cosine. Needs a log with prediction_vectors.",
              "SELECT class, other, similarity FROM _FUNC_('logs') WHERE epoch = 20 ORDER BY similarity"
                  + " DESC;",
              LogRelations::classSimilarity),
          LogRelation.of(
              "run_summary",
              "One row for each run, split and phase: run_id, split, phase, samples, epochs,"
                  + " last_epoch; loss, accuracy, fe, rfe, wfs of the last epoch; best_accuracy,"
                  + " best_epoch; forgetting_events, and the numbers of samples that are"
                  + " unforgettable and never_learned.",
              "SELECT run_id, accuracy, fe, rfe FROM _FUNC_('logs') WHERE split = 'test' ORDER BY"
                  + " accuracy DESC;",
              log -> TrainingDynamics.of(log).runSummary()),
          LogRelation.of(
              "data_map",
              "One row for each labelled sample, means over its epochs: run_id, split, phase,"
                  + " sample_id, label, true_label, epochs, confidence (of p_true), variability (its"
                  + " standard deviation), correctness, margin (area under the margin), loss,"
                  + " first_learned, last_learned, forgetting_events, ever_correct.",
              "SELECT sample_id, confidence, variability FROM _FUNC_('logs') WHERE split = 'train';",
              QualityTables::dataMap),
          LogRelation.of(
              "label_issues",
              "Samples whose label the classifier contradicted: run_id, split, phase, rank (1: the"
                  + " lowest mean margin), sample_id, label, suggested_label, true_label, margin,"
                  + " confidence, variability, correctness, loss, forgetting_events, last_learned.",
              "SELECT * FROM _FUNC_('logs') WHERE split = 'train' AND rank <= 100;",
              QualityTables::labelIssues));

  private LogRelations() {}

  /** Matrices are computed by jobs of their own, which must wait until rows are asked for. */
  private static Dataset<Row> classSimilarity(PredictionLog log) {
    return DeferredRows.table(
        log.predictions().sparkSession(),
        CLASS_SIMILARITY,
        () ->
            TrainingDynamics.of(log)
                .classSimilarity(SimilarityOptions.DEFAULT)
                .select(
                    Arrays.stream(CLASS_SIMILARITY.fieldNames())
                        .map(name -> col(name))
                        .toArray(Column[]::new)));
  }
}
