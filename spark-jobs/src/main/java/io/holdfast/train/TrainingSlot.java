package io.holdfast.train;

import io.holdfast.runtime.ExecutorEnvironment;
import io.holdfast.runtime.NativeEnvironment;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.deeplearning4j.nn.api.NeuralNetwork;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A network with its buffers and the one thread that ever touches them (ND4J's workspaces and
 * random generator belong to threads). Slots are owned by the executor and reused between rounds;
 * nothing that influences a result survives a round in them.
 */
final class TrainingSlot<B> {
  private final SlotSpec<B> spec;
  private final ExecutorService thread;
  private NeuralNetwork network;
  private B buffers;
  private volatile boolean cancelled;

  TrainingSlot(SlotSpec<B> spec, int number) {
    this.spec = spec;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread made = new Thread(task, "holdfast-training-" + number);
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * Runs work on this slot's thread while the Spark task waits; a killed task stops it at the next
   * minibatch.
   */
  <T> T call(TaskContext task, Callable<T> work) {
    cancelled = false;
    ExecutorEnvironment.requireDevice(task);
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
      NativeEnvironment.current().requireAsAsked().requireDriver(spec.nativeEnvironment());
      network = spec.newNetwork();
      buffers = spec.newBuffers();
    }
  }

  NeuralNetwork network() {
    return network;
  }

  B buffers() {
    return buffers;
  }

  void refuseWhenCancelled() {
    if (cancelled) {
      throw new TaskKilledException("the task was cancelled");
    }
  }

  /**
   * Trains the minibatches of one round, starting from the averaged state. Runs on the slot's
   * thread.
   *
   * @param seed of the network's own random stream, dropout for one
   */
  ShardUpdate train(int shard, RoundState state, RoundPosition at, long seed, BatchSource batches) {
    restore(network, state, at);
    Nd4j.getRandom().setSeed(seed);
    int examples = 0;
    ShardUpdate.Divergence divergence = null;
    for (DataSet batch = batches.next();
        batch != null && divergence == null;
        batch = batches.next()) {
      refuseWhenCancelled();
      network.fit(batch);
      examples += batch.numExamples();
      divergence = batches.trained(score());
    }
    return new ShardUpdate(
        shard, examples, batches.complete(state(network)), batches.lossSum(), divergence);
  }

  /** Puts a network's state and the run's counters into it. */
  static void restore(NeuralNetwork network, RoundState state, RoundPosition at) {
    NativeArrays.put(state.parameters(), state.parameters().length, network.params());
    INDArray updaterState = network.updaterState();
    if (updaterState != null) {
      NativeArrays.put(state.updater(), state.updater().length, updaterState);
    }
    // Counted up to the epoch, because that is what tells the layers, too.
    if (network instanceof ComputationGraph graph) {
      graph.getConfiguration().setIterationCount(at.iteration());
      graph.getConfiguration().setEpochCount(at.epoch() - 2);
      graph.incrementEpochCount();
    } else if (network instanceof MultiLayerNetwork layers) {
      layers.setIterationCount(at.iteration());
      layers.setEpochCount(at.epoch() - 2);
      layers.incrementEpochCount();
    }
  }

  private double score() {
    return network instanceof ComputationGraph graph
        ? graph.score()
        : ((MultiLayerNetwork) network).score();
  }

  /** A network's state as it stands. */
  static RoundState state(NeuralNetwork network) {
    float[] parameters = new float[Math.toIntExact(network.params().length())];
    NativeArrays.get(network.params(), parameters);
    INDArray updaterState = network.updaterState();
    float[] updater = new float[updaterState == null ? 0 : Math.toIntExact(updaterState.length())];
    if (updaterState != null) {
      NativeArrays.get(updaterState, updater);
    }
    return RoundState.of(parameters, updater);
  }
}
