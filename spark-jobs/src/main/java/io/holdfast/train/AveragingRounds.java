package io.holdfast.train;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.method.SharedState;
import io.holdfast.runtime.CompilerThreads;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import scala.collection.Iterator;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction2;

/**
 * Rounds of parameter averaging: broadcast a state, run one Spark job over the shards, average in
 * shard order. Owns the broadcasts: the driver keeps them until {@link #close}, for as long as a
 * lost shard may have to be trained again, while executors drop them after each round.
 */
final class AveragingRounds implements AutoCloseable {
  static {
    // The driver's own; executors do the same in TrainingHost.
    CompilerThreads.stepBack();
  }

  private final JavaSparkContext spark;
  private final List<SharedState.Field> shared;
  private final List<Broadcast<RoundState>> broadcasts = new ArrayList<>();

  /**
   * @param shared fields of the method's shared state
   */
  AveragingRounds(JavaSparkContext spark, List<SharedState.Field> shared) {
    this.spark = spark;
    this.shared = shared;
  }

  /** The updates of all shards, one value per shard, trained from a state. */
  interface ShardJob {
    RDD<ShardUpdate> from(Broadcast<RoundState> state);
  }

  /**
   * A round that is over.
   *
   * @param state averaged
   * @param examples trained by all shards
   * @param lossSum sum of their losses
   */
  record Averaged(RoundState state, long examples, double lossSum) {}

  /** Trains one round; refuses a loss that is not finite. */
  Averaged round(RoundState state, RoundPosition at, ShardJob job) {
    Broadcast<RoundState> broadcast = broadcast(state);
    List<ShardUpdate> updates = collect(job.from(broadcast), ShardUpdate.class);
    broadcast.unpersist();
    refuseDivergence(updates, at);
    return new Averaged(
        Averager.average(state, updates, shared),
        updates.stream().mapToLong(ShardUpdate::examples).sum(),
        updates.stream().mapToDouble(ShardUpdate::lossSum).sum());
  }

  /**
   * Runs a job over shards with one value each. What a task refused reads as if the driver had
   * refused it: Spark wraps it, in an exception that it does not declare.
   */
  static <T> List<T> collect(RDD<T> rdd, Class<T> type) {
    try {
      ClassTag<T> tag = ClassTag$.MODULE$.apply(type);
      Object values = rdd.sparkContext().runJob(rdd, new OnlyValue<>(), tag);
      return List.of(cast(values));
    } catch (Exception e) {
      for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
        if (cause instanceof HoldfastException refused) {
          throw new HoldfastException(refused.exitCode(), refused.getMessage(), e);
        }
      }
      throw e;
    }
  }

  @SuppressWarnings("unchecked") // Scala's Array[T] is T[].
  private static <T> T[] cast(Object values) {
    return (T[]) values;
  }

  /**
   * What a shard holds. A class of its own and no lambda, because Spark reads the bytes of the
   * class around a lambda whenever it runs it: milliseconds in every round.
   */
  private static final class OnlyValue<T> extends AbstractFunction2<TaskContext, Iterator<T>, T>
      implements Serializable {
    private static final long serialVersionUID = 1L;

    @Override
    public T apply(TaskContext task, Iterator<T> values) {
      return values.next();
    }
  }

  /** A state on the executors, until {@link #close}. */
  Broadcast<RoundState> broadcast(RoundState state) {
    // A driver that trains nothing itself keeps the bytes for its executors and not the state
    // beside them: half of what its collector would have to carry through an epoch.
    Broadcast<RoundState> broadcast =
        spark.isLocal()
            ? spark.broadcast(state)
            : spark.sc().broadcastInternal(state, true, ClassTag$.MODULE$.apply(RoundState.class));
    broadcasts.add(broadcast);
    return broadcast;
  }

  private static void refuseDivergence(List<ShardUpdate> updates, RoundPosition at) {
    for (ShardUpdate update : updates) {
      ShardUpdate.Divergence found = update.divergence();
      if (found != null) {
        throw new HoldfastException(
            ExitCode.DIVERGED,
            "Training diverged: loss "
                + found.loss()
                + " in epoch "
                + at.epoch()
                + ", round "
                + (at.round() + 1)
                + ", shard "
                + update.shard()
                + ", samples "
                + Arrays.toString(found.sampleIds())
                + " (expected a finite loss; lower optimiser.learning_rate)");
      }
    }
  }

  @Override
  public void close() {
    broadcasts.forEach(Broadcast::destroy);
    broadcasts.clear();
  }
}
