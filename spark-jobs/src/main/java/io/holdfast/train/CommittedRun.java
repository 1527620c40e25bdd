package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.config.Config;
import io.holdfast.method.Methods;
import io.holdfast.method.SampleState;
import io.holdfast.model.TextNetworks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A run in a log, with what its committed epochs left; nothing of the data it was trained on is
 * needed.
 */
final class CommittedRun {
  private final Configuration conf;
  private final LogRoot root;
  private final RunRecord record;
  private final Config config;
  private final Commits commits;

  private CommittedRun(Configuration conf, LogRoot root, RunRecord record) {
    this.conf = conf;
    this.root = root;
    this.record = record;
    this.config = TrainOptions.parse(record.config());
    this.commits = new Commits(conf, root);
  }

  static CommittedRun open(Configuration conf, LogRoot root, String runId) {
    return new CommittedRun(conf, root, RunRecord.read(conf, root, runId));
  }

  RunRecord record() {
    return record;
  }

  Commits commits() {
    return commits;
  }

  int shards() {
    return config.get(TrainingKeys.WORKERS);
  }

  boolean logsVectors() {
    return TrainingKeys.logsVectors(config, record.classes());
  }

  /** The scaling is the one of the data the run was trained on. */
  InputSpec input() {
    return new InputSpec(
        record.shape(),
        record.classes(),
        config.get(TrainingKeys.SCALING),
        record.mean(),
        record.deviation(),
        TextEncoder.of(config, () -> RunRecord.readVocabulary(conf, root, record.runId())));
  }

  boolean readsTexts() {
    return TextNetworks.unit(config).isPresent();
  }

  /**
   * Refuses a run whose network is fed something else.
   *
   * @param what the run in words
   * @param expected what another run's network is fed
   */
  void requireInput(String what, InputSpec expected) {
    if (record.classes() != expected.classes()
        || !Arrays.equals(record.shape(), expected.shape())) {
      throw badInput(
          "%s has %d classes and samples of shape %s (expected %d and %s, those of the data)",
          what,
          record.classes(),
          Arrays.toString(record.shape()),
          expected.classes(),
          Arrays.toString(expected.shape()));
    }
    if (!Objects.equals(input().text(), expected.text())) {
      throw badInput("%s reads texts with another vocabulary (expected that of the data)", what);
    }
  }

  RunSpec spec() {
    // A run that is over needs no teacher.
    return RunSpec.of(config, record.dataFingerprint(), input(), networkJson(), null);
  }

  String networkJson() {
    return record.readNetwork(conf, root);
  }

  /**
   * Insists that the log still holds this run and epoch, before anything that follows from them is
   * added to it.
   *
   * @throws HoldfastException with {@link ExitCode#REFUSED} where another one has taken its place
   */
  void requireUnchanged(int epoch) {
    String runId = record.runId();
    RunRecord now = RunRecord.exists(conf, root, runId) ? RunRecord.read(conf, root, runId) : null;
    if (now == null
        || !now.configHash().equals(record.configHash())
        || !now.dataFingerprint().equals(record.dataFingerprint())
        || !commits.committedEpochs(runId).contains(epoch)) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          String.format(
              Locale.ROOT,
              "Run %s was replaced or removed while its epoch %d was scored (expected the run to"
                  + " stay; nothing was logged)",
              runId,
              epoch));
    }
  }

  /** What the method keeps of every sample; refuses methods that keep nothing. */
  SampleState sampleState() {
    String method = config.get(TrainingKeys.METHOD);
    SampleState state =
        Methods.create(method, config.resolvedStartingWith(method + "."), record.classes())
            .sampleState();
    if (state.width() == 0) {
      throw badInput(
          "Run %s has no behaviours: its method %s keeps nothing per sample"
              + " (expected a run of a method that does, see `holdfast methods`)",
          record.runId(), method);
    }
    return state;
  }

  /** How the behaviours are kept. */
  StoreForm storeForm() {
    return StoreForm.of(config, sampleState());
  }

  /** The one epoch that is chosen. */
  int epoch(EpochChoice choice) {
    if (choice.kind() == EpochChoice.Kind.ALL) {
      throw badInput("Invalid epoch: all (expected last, best or a number)");
    }
    return epochs(choice).get(0);
  }

  /**
   * The epochs that are chosen, in ascending order; never none. All of them still have their
   * checkpoint.
   */
  List<Integer> epochs(EpochChoice choice) {
    List<Integer> committed = commits.committedEpochs(record.runId());
    if (committed.isEmpty()) {
      throw badInput("Run %s has no committed epoch (expected one at least)", record.runId());
    }
    int last = committed.get(committed.size() - 1);
    List<Integer> chosen =
        switch (choice.kind()) {
          case LAST -> List.of(last);
          case BEST -> List.of(best());
          case ALL -> committed;
          case NUMBER -> List.of(choice.number());
        };
    for (int epoch : chosen) {
      if (!committed.contains(epoch)) {
        throw badInput(
            "Run %s has no committed epoch %d (expected %d to %d)",
            record.runId(), epoch, committed.get(0), last);
      }
      requireCheckpoint(epoch, committed);
    }
    return chosen;
  }

  private int best() {
    int best = 0;
    double highest = Double.NEGATIVE_INFINITY;
    for (CommitManifest manifest : commits.manifests(record.runId())) {
      EpochSummary.Split validation =
          manifest.kind() == CommitManifest.Kind.EPOCH
              ? EpochSummary.of(manifest).splits().get("validation")
              : null;
      if (validation != null && validation.accuracy() > highest) {
        highest = validation.accuracy();
        best = manifest.epoch();
      }
    }
    if (best == 0) {
      throw badInput(
          "Run %s has no best epoch: it has no labelled validation split"
              + " (expected last or a number)",
          record.runId());
    }
    return best;
  }

  private void requireCheckpoint(int epoch, List<Integer> committed) {
    if (!hasCheckpoint(epoch)) {
      throw badInput(
          "Run %s keeps no checkpoint of epoch %d: checkpoint.keep is %d (expected one of %s)",
          record.runId(),
          epoch,
          config.get(TrainingKeys.KEEP),
          committed.stream().filter(this::hasCheckpoint).toList());
    }
  }

  private boolean hasCheckpoint(int epoch) {
    Path directory = root.checkpoint(record.runId(), epoch);
    try {
      return directory.getFileSystem(conf).exists(directory);
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + directory + ": " + e.getMessage(), e);
    }
  }

  RoundState state(int epoch) {
    CommitManifest manifest = commits.read(record.runId(), epoch);
    return Checkpoint.read(conf, root, manifest, record.parameters());
  }

  /** The files of the behaviour store as it stood at the end of an epoch, in shard order. */
  List<LoggedFile> behaviourFiles(int epoch) {
    CommitManifest manifest = commits.read(record.runId(), epoch);
    List<LoggedFile> files = new ArrayList<>();
    for (int shard = 0; shard < shards(); shard++) {
      files.add(Checkpoint.file(manifest, Checkpoint.behaviourFile(record.runId(), epoch, shard)));
    }
    return files;
  }

  private static HoldfastException badInput(String format, Object... values) {
    return new HoldfastException(ExitCode.BAD_INPUT, String.format(Locale.ROOT, format, values));
  }
}
