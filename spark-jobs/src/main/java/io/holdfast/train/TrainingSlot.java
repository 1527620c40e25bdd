package io.holdfast.train;

import io.holdfast.loss.TrainingPass;
import io.holdfast.method.Method;
import io.holdfast.method.Methods;
import io.holdfast.method.SampleState;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network with its buffers and the one thread that ever touches them (ND4J's workspaces and random generator belong
 * to threads). Slots are owned by the executor and reused between rounds; nothing that influences a result survives a
 * round in them.
 */
final class TrainingSlot {
  private static final int SHOWN_SAMPLES = 5;

  private final RunSpec run;
  private final ExecutorService thread;
  private final Map<Integer, INDArray> inputs = new HashMap<>();
  private final Map<Integer, INDArray> labels = new HashMap<>();
  private ComputationGraph network;
  private Method method;
  private BatchBuilder batches;
  private float[] labelBuffer;
  private volatile boolean cancelled;

  TrainingSlot(RunSpec run, int number) {
    this.run = run;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task, "holdfast-training-" + number);
              made.setDaemon(true);
              return made;
            });
  }

  /** Runs work on this slot's thread while the Spark task waits; a killed task stops it at the next minibatch. */
  <T> T call(TaskContext task, Callable<T> work) {
    cancelled = false;
    Future<T> result =
        thread.submit(
            () -> {
              prepare();
              return work.call();
            });
    while (true) {
      try {
        return result.get(100, TimeUnit.MILLISECONDS);
      } catch (TimeoutException waiting) {
        cancelled = cancelled || task.isInterrupted();
      } catch (InterruptedException e) {
        cancelled = true;
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException(e.getCause());
      }
    }
  }

  void close() {
    thread.shutdown();
  }

  private void prepare() {
    if (network == null) {
      network = new TrainingGraph(ComputationGraphConfiguration.fromJson(run.networkJson()));
      network.init();
      method = Methods.create(run.method(), run.methodOptions(), run.input().classes());
      batches = new BatchBuilder(run.input(), run.augmentation(), run.seed(), run.batchSize());
      int labelWidth = method.sampleState().width() == 0 ? run.input().classes() : 2 * run.input().classes() + 1;
      labelBuffer = new float[run.batchSize() * labelWidth];
    }
  }

  /** The result of a round: what the driver averages, and what stays with the shard. */
  record RoundResult(ShardUpdate update, CapturedOutputs captured) {}

  /** Trains the minibatches of one round, starting from the averaged state. Runs on the slot's thread. */
  RoundResult train(
      int shard, ShardSamples samples, BehaviourShard behaviours, RoundState state, RoundPosition at) {
    int[] order = Seeds.order(run.seed(), at.epoch(), shard, samples.count());
    int from = Math.min(samples.count(), at.round() * run.averagingFrequency() * run.batchSize());
    int until = Math.min(samples.count(), from + run.averagingFrequency() * run.batchSize());
    int classes = run.input().classes();
    CapturedOutputs captured =
        new CapturedOutputs(
            Arrays.copyOfRange(order, from, until),
            new float[(until - from) * classes],
            new float[until - from]);
    if (from == until) {
      return new RoundResult(new ShardUpdate(shard, 0, null, 0, 0, null), captured);
    }
    restore(state, at);
    Nd4j.getRandom().setSeed(Seeds.of(run.seed(), Seeds.Purpose.NETWORK, at.epoch(), at.round(), shard));
    ShardUpdate.Divergence divergence = null;
    try (TrainingPass pass = TrainingPass.bind(at.inRun())) {
      for (int start = from; start < until && divergence == null; start += run.batchSize()) {
        int count = Math.min(run.batchSize(), until - start);
        if (cancelled) {
          throw new TaskKilledException("training was cancelled");
        }
        INDArray features = inputs.computeIfAbsent(count, this::newInputs);
        NativeArrays.put(
            batches.trainingInputs(samples, order, start, count, at.epoch()), count * run.input().length(), features);
        INDArray targets = targets(samples, behaviours, order, start, count, at);
        network.fit(new INDArray[] {features}, new INDArray[] {targets});
        System.arraycopy(pass.logits(), 0, captured.logits(), (start - from) * classes, count * classes);
        System.arraycopy(pass.losses(), 0, captured.losses(), start - from, count);
        divergence = divergence(samples, order, start, count, pass.losses());
      }
    }
    return new RoundResult(update(shard, samples, captured, divergence), captured);
  }

  private ShardUpdate update(
      int shard, ShardSamples samples, CapturedOutputs captured, ShardUpdate.Divergence divergence) {
    int classes = run.input().classes();
    double lossSum = 0;
    int correct = 0;
    for (int i = 0; i < captured.positions().length; i++) {
      lossSum += captured.losses()[i];
      int label = samples.labels()[captured.positions()[i]];
      correct += Outputs.argMax(captured.logits(), i * classes, classes) == label ? 1 : 0;
    }
    float[] parameters = new float[Math.toIntExact(network.numParams())];
    NativeArrays.get(network.params(), parameters);
    INDArray updaterState = network.getUpdater().getUpdaterStateViewArray();
    float[] updater = new float[updaterState == null ? 0 : Math.toIntExact(updaterState.length())];
    if (updaterState != null) {
      NativeArrays.get(updaterState, updater);
    }
    return new ShardUpdate(
        shard,
        captured.positions().length,
        new RoundState(parameters, updater, new double[0]),
        lossSum,
        correct,
        divergence);
  }

  private void restore(RoundState state, RoundPosition at) {
    NativeArrays.put(state.parameters(), state.parameters().length, network.params());
    INDArray updaterState = network.getUpdater().getUpdaterStateViewArray();
    if (updaterState != null) {
      NativeArrays.put(state.updater(), state.updater().length, updaterState);
    }
    network.getConfiguration().setIterationCount(at.iteration());
    network.getConfiguration().setEpochCount(at.epoch() - 1);
  }

  private INDArray newInputs(int count) {
    return Nd4j.create(DataType.FLOAT, run.input().batchShape(count));
  }

  /** Labels as the loss adapter reads them: one-hot, then soft target and flag where the method keeps state. */
  private INDArray targets(
      ShardSamples samples, BehaviourShard behaviours, int[] order, int start, int count, RoundPosition at) {
    SampleState state = method.sampleState();
    int classes = run.input().classes();
    int width = state.width() == 0 ? classes : 2 * classes + 1;
    Arrays.fill(labelBuffer, 0, count * width, 0f);
    double[] row = new double[state.width()];
    double[] soft = new double[classes];
    for (int i = 0; i < count; i++) {
      int position = order[start + i];
      labelBuffer[i * width + samples.labels()[position]] = 1f;
      if (state.width() > 0) {
        behaviours.read(position, row);
        if (state.target(row, at.inRun(), soft)) {
          for (int j = 0; j < classes; j++) {
            labelBuffer[i * width + classes + j] = (float) soft[j];
          }
          labelBuffer[i * width + 2 * classes] = 1f;
        }
      }
    }
    INDArray target = labels.computeIfAbsent(count, rows -> Nd4j.create(DataType.FLOAT, rows, width));
    NativeArrays.put(labelBuffer, count * width, target);
    return target;
  }

  private static ShardUpdate.Divergence divergence(
      ShardSamples samples, int[] order, int start, int count, float[] losses) {
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(losses[i])) {
        long[] ids = new long[Math.min(SHOWN_SAMPLES, count)];
        for (int j = 0; j < ids.length; j++) {
          ids[j] = samples.ids()[order[start + Math.min(i, count - ids.length) + j]];
        }
        return new ShardUpdate.Divergence(losses[i], ids);
      }
    }
    return null;
  }

  /** Logits of all samples in evaluation mode, {@code [samples, classes]} row-major. Runs on the slot's thread. */
  float[] evaluate(ShardSamples samples, float[] parameters) {
    NativeArrays.put(parameters, parameters.length, network.params());
    int classes = run.input().classes();
    float[] logits = new float[samples.count() * classes];
    int[] order = new int[samples.count()];
    Arrays.setAll(order, i -> i);
    float[] chunk = null;
    for (int start = 0; start < samples.count(); start += run.batchSize()) {
      int count = Math.min(run.batchSize(), samples.count() - start);
      if (cancelled) {
        throw new TaskKilledException("evaluation was cancelled");
      }
      INDArray features = inputs.computeIfAbsent(count, this::newInputs);
      NativeArrays.put(batches.inputs(samples, order, start, count), count * run.input().length(), features);
      try (INDArray output = network.output(false, features)[0]) {
        if (chunk == null || chunk.length != count * classes) {
          chunk = new float[count * classes];
        }
        NativeArrays.get(output, chunk);
      }
      System.arraycopy(chunk, 0, logits, start * classes, chunk.length);
    }
    return logits;
  }
}
