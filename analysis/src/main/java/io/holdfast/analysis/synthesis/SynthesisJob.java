package io.holdfast.analysis.synthesis;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.CommitManifest;
import io.holdfast.analysis.log.Commits;
import io.holdfast.analysis.log.LogFiles;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.analysis.log.PredictionWriter;
import io.holdfast.analysis.log.SampleOutputs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Writes the logs of made-up runs: one file for each epoch and shard, and a manifest for each
 * epoch, as training does. Equal options make equal bytes.
 */
public final class SynthesisJob {
  private final SparkSession spark;
  private final SynthesisOptions options;

  /**
   * A job that has not run yet.
   *
   * @param spark the session to write with
   * @param options what to make
   */
  public SynthesisJob(SparkSession spark, SynthesisOptions options) {
    this.spark = spark;
    this.options = options;
  }

  /**
   * Writes the runs.
   *
   * @return what was written
   * @throws HoldfastException with {@link ExitCode#REFUSED} where a run of that name exists, with
   *     {@link ExitCode#INFRASTRUCTURE} where writing fails; a run that could not be written whole
   *     has no committed epoch
   */
  public SynthesisResult execute() {
    Configuration conf = spark.sessionState().newHadoopConf();
    Commits commits = new Commits(conf, options.root());
    List<String> runIds = new ArrayList<>();
    for (int run = 0; run < options.runs(); run++) {
      requireNew(conf, commits, options.runId(run));
      runIds.add(options.runId(run));
    }
    long bytes = 0;
    int files = 0;
    for (int run = 0; run < options.runs(); run++) {
      for (List<LoggedFile> epoch : write(conf, commits, run)) {
        bytes += epoch.stream().mapToLong(LoggedFile::bytes).sum();
        files += epoch.size();
      }
    }
    return new SynthesisResult(
        runIds, options.runs() * options.samples() * options.epochs(), bytes, files);
  }

  private void requireNew(Configuration conf, Commits commits, String runId) {
    Path directory = options.root().tableOfRun(LogRoot.PREDICTIONS, runId);
    try {
      if (commits.hasRunDirectory(runId)
          || LogFiles.fileSystem(directory, conf).exists(directory)) {
        throw new HoldfastException(
            ExitCode.REFUSED,
            "Run "
                + runId
                + " exists in "
                + options.root().location()
                + ", expected a name of its own");
      }
    } catch (IOException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE, "Cannot read " + directory + ": " + e.getMessage(), e);
    }
  }

  /** Writes and commits one run; the files of each epoch. */
  private List<List<LoggedFile>> write(Configuration conf, Commits commits, int run) {
    SynthesisOptions made = options;
    List<Integer> parts = new ArrayList<>();
    for (int part = 0; part < made.epochs() * made.shards(); part++) {
      parts.add(part);
    }
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(conf));
    List<LoggedFile> written =
        context
            .parallelize(parts, parts.size())
            .map(part -> writePart(hadoop.value().value(), made, run, part))
            .collect();
    List<List<LoggedFile>> epochs = new ArrayList<>();
    for (int epoch = 1; epoch <= made.epochs(); epoch++) {
      List<LoggedFile> files = written.subList((epoch - 1) * made.shards(), epoch * made.shards());
      commits.commit(CommitManifest.ofEpoch(made.runId(run), epoch, files, Map.of()));
      epochs.add(files);
    }
    return epochs;
  }

  private static LoggedFile writePart(
      Configuration conf, SynthesisOptions options, int run, int part) {
    int epoch = part / options.shards() + 1;
    int shard = part % options.shards();
    MadeUpClassifier classifier = new MadeUpClassifier(options, run);
    SampleOutputs outputs = new SampleOutputs();
    LogPart of = new LogPart(options.runId(run), options.split(), options.phase(), epoch, shard);
    try (PredictionWriter writer = PredictionWriter.open(conf, options.root(), of, false)) {
      for (long sample = shard; sample < options.samples(); sample += options.shards()) {
        classifier.sample(sample);
        classifier.outputs(epoch, outputs);
        writer.add(sample, classifier.label(), classifier.trueLabel(), outputs);
      }
      return writer.finish().get(0);
    }
  }
}
