package io.holdfast.analysis.verify;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * Something that is wrong with a run.
 *
 * @param kind what kind of thing
 * @param split the split; null where it concerns the whole run
 * @param phase the phase; null where it concerns the whole run
 * @param count how many files, rows, samples or epochs, see the kind
 * @param examples the first of them, with what was found and what was expected
 */
public record Problem(
    @JsonProperty("kind") Kind kind,
    @JsonProperty("split") String split,
    @JsonProperty("phase") String phase,
    @JsonProperty("count") long count,
    @JsonProperty("examples") List<String> examples) {

  /** How many examples of a kind are told. */
  static final int EXAMPLES = 3;

  /** Copies the list. */
  public Problem {
    examples = List.copyOf(examples.subList(0, Math.min(EXAMPLES, examples.size())));
  }

  /** What can be wrong, in the order in which it is looked for. */
  public enum Kind {
    /** The run cannot be read: a manifest, a schema, a file that is no Parquet. */
    @JsonProperty("unreadable")
    UNREADABLE,
    /** Files that a manifest lists are missing or not of the recorded length. */
    @JsonProperty("file")
    FILE,
    /** Files have another SHA-256 than recorded. */
    @JsonProperty("checksum")
    CHECKSUM,
    /** Files that no manifest of a run with manifests lists: they do not count. */
    @JsonProperty("unlisted_file")
    UNLISTED_FILE,
    /** Partitions without a row that counts. */
    @JsonProperty("empty_partition")
    EMPTY_PARTITION,
    /** Rows whose epoch is none. */
    @JsonProperty("epoch")
    EPOCH,
    /** Epochs without rows between the first and the last. */
    @JsonProperty("missing_epoch")
    MISSING_EPOCH,
    /** Rows without a sample id. */
    @JsonProperty("sample_id")
    SAMPLE_ID,
    /** Rows that are missing: every sample has one in every epoch. */
    @JsonProperty("missing_row")
    MISSING_ROW,
    /** Rows too many: a sample has only one in an epoch. */
    @JsonProperty("duplicate_row")
    DUPLICATE_ROW,
    /** Rows whose label is no class. */
    @JsonProperty("label_range")
    LABEL_RANGE,
    /** Rows whose clean label is no class. */
    @JsonProperty("true_label_range")
    TRUE_LABEL_RANGE,
    /** Rows whose prediction is NULL or no class. */
    @JsonProperty("predicted_range")
    PREDICTED_RANGE,
    /** Samples whose label is not the same in every epoch. */
    @JsonProperty("label_changes")
    LABEL_CHANGES,
    /** Samples whose clean label is not the same in every epoch. */
    @JsonProperty("true_label_changes")
    TRUE_LABEL_CHANGES,
    /** Rows with a probability that is NaN or outside 0 to 1, or above the largest one. */
    @JsonProperty("probability")
    PROBABILITY,
    /** Rows whose margin is NaN. */
    @JsonProperty("margin")
    MARGIN,
    /** Rows whose loss is NaN or infinite. */
    @JsonProperty("loss")
    LOSS,
    /** Epochs whose logit vectors are not one for each sample that predictions have. */
    @JsonProperty("vector_count")
    VECTOR_COUNT,
    /** Rows whose logits are not as many as there are classes, NULL, NaN or infinite. */
    @JsonProperty("logits")
    LOGITS
  }
}
