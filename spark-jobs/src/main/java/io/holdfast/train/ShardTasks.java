package io.holdfast.train;

import io.holdfast.analysis.log.CommittedFiles;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.LoggedFile;
import io.holdfast.analysis.log.PredictionWriter;
import io.holdfast.data.Sample;
import io.holdfast.method.EpochPosition;
import io.holdfast.method.SampleState;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.TaskContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.util.SerializableConfiguration;

/** What a shard does in one Spark task. Everything here runs on executors. */
final class ShardTasks {
  /** The update of the round that this task thread has just trained; see {@link #update}. */
  private static final ThreadLocal<ShardUpdate> TRAINED = new ThreadLocal<>();

  private ShardTasks() {}

  /** Parents of a round: samples, behaviours. */
  static ShardRdd.ShardFunction<CapturedOutputs> round(
      Broadcast<RunSpec> run, Broadcast<RoundState> state, RoundPosition at) {
    return (shard, parents, task) -> {
      MethodRound.Result result = train(shard, parents, 0, task, run, state, at);
      TRAINED.set(result.update());
      return result.captured();
    };
  }

  /**
   * Parents: captured outputs of the round, samples, behaviours. The captured outputs are cached
   * for the epoch's end, the update is not: it is taken from the training that computing the
   * captured outputs has just done in this thread. Only where they were cached already, by an
   * attempt whose answer was lost, the shard is trained again.
   */
  static ShardRdd.ShardFunction<ShardUpdate> update(
      Broadcast<RunSpec> run, Broadcast<RoundState> state, RoundPosition at) {
    return (shard, parents, task) -> {
      TRAINED.remove();
      try {
        parents.get(0);
        ShardUpdate update = TRAINED.get();
        return update != null ? update : train(shard, parents, 1, task, run, state, at).update();
      } finally {
        TRAINED.remove();
      }
    };
  }

  private static MethodRound.Result train(
      int shard,
      ShardRdd.Parents parents,
      int firstParent,
      TaskContext task,
      Broadcast<RunSpec> run,
      Broadcast<RoundState> state,
      RoundPosition at) {
    ShardSamples samples = parents.get(firstParent);
    BehaviourShard behaviours = parents.get(firstParent + 1);
    return TrainingHost.with(
        run.value(),
        task,
        slot ->
            () ->
                MethodRound.train(
                    slot, run.value(), shard, samples, behaviours, state.value(), at));
  }

  /**
   * What closing an epoch leaves behind.
   *
   * @param files written and not yet committed
   * @param splits metrics in the order training, then the evaluated splits
   */
  record EpochEnd(List<LoggedFile> files, List<SplitMetrics> splits) implements Serializable {}

  /**
   * Where an epoch writes to.
   *
   * @param root of the log
   * @param runId the run
   * @param vectors whether logits are logged too
   * @param splits that are evaluated, in the order of their parents
   */
  record Destination(LogRoot root, String runId, boolean vectors, List<String> splits)
      implements Serializable {}

  /**
   * Parents: samples, behaviours, one captured output per round, one sample table per evaluated
   * split.
   */
  static ShardRdd.ShardFunction<EpochEnd> epochEnd(
      Broadcast<RunSpec> run,
      Broadcast<RoundState> state,
      Broadcast<SerializableConfiguration> hadoop,
      Destination to,
      EpochPosition at,
      int rounds) {
    return (shard, parents, task) -> {
      Configuration conf = hadoop.value().value();
      ShardSamples samples = parents.get(0);
      List<LoggedFile> files = new ArrayList<>();
      List<SplitMetrics> splits = new ArrayList<>();
      List<CapturedOutputs> captured = new ArrayList<>();
      for (int round = 0; round < rounds; round++) {
        captured.add(parents.get(2 + round));
      }
      if (rounds > 0 && !run.value().sampling().balanced()) {
        TrainingPassOutputs outputs =
            TrainingPassOutputs.of(samples, captured, run.value().input().classes());
        BehaviourShard before = parents.get(1);
        if (before.width() > 0) {
          BehaviourShard after = fold(run.value(), samples, before, outputs, at);
          files.add(keep(run.value(), after, conf, to, at, shard));
        }
        LogPart part = new LogPart(to.runId(), "train", "train_pass", at.epoch(), shard);
        splits.add(log(conf, to, part, samples, outputs.logits(), outputs.losses(), files));
      } else {
        splits.add(SplitMetrics.NONE);
      }
      for (int i = 0; i < to.splits().size(); i++) {
        ShardSamples held = parents.get(2 + rounds + i);
        float[] logits =
            TrainingHost.with(
                run.value(),
                task,
                slot ->
                    () ->
                        MethodRound.evaluate(slot, run.value(), held, state.value().parameters()));
        LogPart part = new LogPart(to.runId(), to.splits().get(i), "eval", at.epoch(), shard);
        splits.add(log(conf, to, part, held, logits, null, files));
      }
      return new EpochEnd(files, splits);
    };
  }

  /** The behaviours at the end of an epoch, from those before it and its training passes. */
  static BehaviourShard fold(
      RunSpec run,
      ShardSamples samples,
      BehaviourShard before,
      TrainingPassOutputs outputs,
      EpochPosition at) {
    SampleState state = run.createMethod().sampleState();
    int classes = run.input().classes();
    BehaviourShard after = before.copy();
    double[] row = new double[state.width()];
    double[] logits = new double[classes];
    for (int position = 0; position < samples.count(); position++) {
      after.read(position, row);
      for (int j = 0; j < classes; j++) {
        logits[j] = outputs.logits()[position * classes + j];
      }
      state.observe(row, logits, samples.labels()[position], at);
      state.endEpoch(row, at);
      after.write(position, row);
    }
    return after;
  }

  /** Writes behaviours into the checkpoint of their epoch. */
  static LoggedFile keep(
      RunSpec run,
      BehaviourShard after,
      Configuration conf,
      Destination to,
      EpochPosition at,
      int shard)
      throws IOException {
    RecentBehaviours.put(run.key(), at.epoch(), shard, after);
    return CommittedFiles.write(
        conf, to.root(), Checkpoint.behaviourFile(to.runId(), at.epoch(), shard), after.toBytes());
  }

  static SplitMetrics log(
      Configuration conf,
      Destination to,
      LogPart part,
      ShardSamples samples,
      float[] logits,
      float[] losses,
      List<LoggedFile> files)
      throws IOException {
    if (samples.count() == 0) {
      return SplitMetrics.NONE;
    }
    int classes = logits.length / samples.count();
    long labelled = 0;
    double lossSum = 0;
    long correct = 0;
    try (PredictionWriter writer = PredictionWriter.open(conf, to.root(), part, to.vectors())) {
      for (int i = 0; i < samples.count(); i++) {
        int label = samples.labels()[i];
        float loss =
            losses != null ? losses[i] : Outputs.crossEntropy(logits, i * classes, classes, label);
        writer.add(
            samples.ids()[i], label, samples.trueLabels()[i], logits, i * classes, classes, loss);
        if (label != Sample.NO_LABEL) {
          labelled++;
          lossSum += loss;
          correct += Outputs.argMax(logits, i * classes, classes) == label ? 1 : 0;
        }
      }
      files.addAll(writer.finish());
    }
    return new SplitMetrics(samples.count(), labelled, lossSum, correct);
  }
}
