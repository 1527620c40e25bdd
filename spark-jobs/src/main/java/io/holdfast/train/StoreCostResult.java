package io.holdfast.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/**
 * What a behaviour store of generated outputs cost.
 *
 * @param samples in the store
 * @param classes of every output
 * @param shards of the run
 * @param bytesPerSample of the store, with the sample's id
 * @param storeBytes written into a checkpoint
 * @param generateSeconds wall time in which the outputs of one epoch came into being
 * @param endSeconds wall time of the job that ends an epoch: fold, snapshot and prediction log
 * @param foldSeconds of it, of all tasks together
 * @param snapshotSeconds likewise: encoding, SHA-256 and writing of the store
 * @param logSeconds likewise: of the training-pass log
 * @param commitSeconds of the manifest and what follows it
 * @param recoverySeconds wall time of the same job after an executor was killed, less that of the
 *     undisturbed one; null where there is no executor to kill
 * @param peakResident bytes of the largest executor
 */
public record StoreCostResult(
    @JsonProperty("samples") long samples,
    @JsonProperty("classes") int classes,
    @JsonProperty("shards") int shards,
    @JsonProperty("bytes_per_sample") long bytesPerSample,
    @JsonProperty("store_bytes") long storeBytes,
    @JsonProperty("generate_seconds") double generateSeconds,
    @JsonProperty("end_seconds") double endSeconds,
    @JsonProperty("fold_task_seconds") double foldSeconds,
    @JsonProperty("snapshot_task_seconds") double snapshotSeconds,
    @JsonProperty("log_task_seconds") double logSeconds,
    @JsonProperty("commit_seconds") double commitSeconds,
    @JsonProperty("recovery_seconds") Double recoverySeconds,
    @JsonProperty("peak_resident_bytes") long peakResident) {

  /**
   * A row for the performance page, with its head.
   *
   * @return Markdown
   */
  public String toMarkdown() {
    return "| samples | classes | bytes/sample | store, GB | outputs, s | epoch's end, s | fold, task s"
        + " | snapshot, task s | log, task s | commit, s | recovery, s | peak executor, GB |\n"
        + "|---|---|---|---|---|---|---|---|---|---|---|---|\n"
        + String.format(
            Locale.ROOT,
            "| %,d | %,d | %,d | %.3f | %.1f | %.1f | %.1f | %.1f | %.1f | %.2f | %s | %.2f |%n",
            samples,
            classes,
            bytesPerSample,
            storeBytes / 1e9,
            generateSeconds,
            endSeconds,
            foldSeconds,
            snapshotSeconds,
            logSeconds,
            commitSeconds,
            recoverySeconds == null ? "-" : String.format(Locale.ROOT, "%.1f", recoverySeconds),
            peakResident / 1e9);
  }
}
