package io.holdfast.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.holdfast.method.Method;
import io.holdfast.method.TargetSource;

/**
 * What one executor needs to train its shards, in bytes; docs/cluster-guide.md gives the formula.
 *
 * @param networks off-heap: parameters, gradients, an update and the updater state of every network
 * @param activations off-heap: of a minibatch, with their gradients and workspaces
 * @param kernels off-heap: what the kernels of the largest layer take besides
 * @param libraries off-heap: native code, metaspace, compiled code, threads
 * @param samples heap: as they were stored
 * @param behaviours heap: what the method keeps per sample, and its copy at the end of an epoch
 * @param captured heap: outputs of the training passes of an epoch
 * @param rounds heap: broadcast and answer of a round
 * @param spark heap: Spark and Holdfast themselves
 */
public record MemoryNeed(
    @JsonProperty("networks") long networks,
    @JsonProperty("activations") long activations,
    @JsonProperty("kernels") long kernels,
    @JsonProperty("libraries") long libraries,
    @JsonProperty("samples") long samples,
    @JsonProperty("behaviours") long behaviours,
    @JsonProperty("captured_outputs") long captured,
    @JsonProperty("rounds") long rounds,
    @JsonProperty("spark") long spark) {
  private static final long MEGABYTE = 1_000_000;
  private static final long LIBRARIES = 300 * MEGABYTE;
  private static final long LEAST_LIBRARIES = 200 * MEGABYTE;

  /** Outputs of all layers, their gradients, and what workspaces add. */
  private static final int COPIES_OF_ACTIVATIONS = 3;

  /**
   * Of the largest layer's output, while it is computed, pooled and differentiated: in the layouts
   * of oneDNN, padded, and what the C library keeps between two sizes. Measured.
   */
  private static final int COPIES_IN_KERNELS = 13;

  /** Tables of the collector, as a share of the heap. */
  private static final double COLLECTOR = 0.05;

  /** What is off the heap was measured to lie within this factor of the parts above. */
  private static final double OFF_HEAP_ROOM = 1.1;

  private static final long SPARK = 60 * MEGABYTE;

  /** What Spark keeps back of every heap, and the part of the rest that its blocks may fill. */
  private static final long RESERVED = 300L << 20;

  private static final double BLOCKS = 0.6;

  /** Spark starts no executor with a smaller heap. */
  private static final long SMALLEST_HEAP = 3 * RESERVED / 2;

  /** Objects around a stored sample: array header, references, id, labels. */
  private static final long SAMPLE_OBJECTS = 60;

  /** For the collector: live objects fill two thirds of the heap. */
  private static final double HEAP_ROOM = 1.5;

  /**
   * How an executor is loaded.
   *
   * @param cores tasks at a time
   * @param shards that it holds
   * @param samples of a shard
   * @param sampleBytes of a stored sample
   */
  record Load(int cores, int shards, long samples, long sampleBytes) {}

  static MemoryNeed of(RunSpec run, NetworkSize size, Load load) {
    Method method = run.createMethod();
    TargetSource source = method.targetSource();
    long state = size.parameters() + size.updater();
    long trained = source == TargetSource.PEER ? 2 : 1;
    long teacher = source == TargetSource.TEACHER ? size.parameters() : 0;
    long classes = run.input().classes();
    long logits = 4 * classes + 4;
    long row = BehaviourShard.bytesPerSample(run.store());
    long samples = load.samples() * load.shards();
    long folding = load.samples() * Math.min(load.cores(), load.shards());
    long minibatches = 4L * load.cores() * trained * run.batchSize();
    return new MemoryNeed(
        4L * load.cores() * (trained * (2 * size.parameters() + state) + teacher),
        minibatches * COPIES_OF_ACTIVATIONS * size.activations(),
        minibatches * COPIES_IN_KERNELS * size.largest(),
        LIBRARIES,
        samples * (load.sampleBytes() + SAMPLE_OBJECTS),
        row == 0 ? 0 : 2 * samples * row + folding * row,
        samples * (logits + 4) + folding * logits,
        (4 * trained * state + sharedBytes(method)) * (2 + 3L * load.cores()),
        SPARK);
  }

  /** What the method keeps per class, as it travels in every round. */
  static long sharedBytes(Method method) {
    return method.sharedState().fields().stream().mapToLong(field -> 8L * field.length()).sum();
  }

  /** The driver's heap: the answers of a round with their bytes, two states, and Spark. */
  static long driverHeap(long stateBytes, int workers) {
    return (long) (HEAP_ROOM * (RESERVED / 2 + stateBytes * (2L * workers + 4)));
  }

  /**
   * Off-heap memory: what {@code --native-memory} has to give, beside a heap of {@link #heap()}.
   *
   * @return bytes
   */
  @JsonProperty("off_heap")
  public long offHeap() {
    return offHeapBeside(heap());
  }

  /** Off-heap memory of a process with such a heap. */
  long offHeapBeside(long heap) {
    return (long)
        (OFF_HEAP_ROOM * (networks + activations + kernels + libraries + COLLECTOR * heap));
  }

  /** Off-heap memory without which training cannot go on, whatever else is spared. */
  long leastOffHeap() {
    return networks + activations / COPIES_OF_ACTIVATIONS + LEAST_LIBRARIES;
  }

  /**
   * What lives on the heap at once, at most.
   *
   * @return bytes
   */
  @JsonProperty("live_heap")
  public long liveHeap() {
    return samples + behaviours + captured + rounds + spark;
  }

  /**
   * The heap, with room for the collector and for all blocks at once: what {@code
   * --executor-memory} has to give.
   *
   * @return bytes
   */
  @JsonProperty("heap")
  public long heap() {
    long withoutSpilling = (long) (RESERVED + (samples + behaviours + captured) / BLOCKS);
    return Math.max(SMALLEST_HEAP, Math.max((long) (liveHeap() * HEAP_ROOM), withoutSpilling));
  }
}
