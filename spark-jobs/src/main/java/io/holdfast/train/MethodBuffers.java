package io.holdfast.train;

import io.holdfast.method.EpochPosition;
import io.holdfast.method.Method;
import io.holdfast.method.SampleState;
import io.holdfast.method.TargetSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The arrays that minibatches of a run are put into. */
final class MethodBuffers {
  private final RunSpec run;
  private final Method method;
  private final BatchBuilder batches;
  private final float[] labelBuffer;
  private final BatchArrays inputs = new BatchArrays();
  private final BatchArrays masks = new BatchArrays();
  private final BatchArrays labels = new BatchArrays();
  private ComputationGraph teacher;
  private float[] teacherParameters;
  private ComputationGraph peer;
  private long[] indexed;
  private int[][] byClass;
  private final Map<Integer, Order> orders = new HashMap<>();
  private int ordersOfEpoch;

  /** In which order the samples of these ids are trained. */
  private record Order(long[] ids, int[] positions) {}

  MethodBuffers(RunSpec run) {
    this.run = run;
    this.method = run.createMethod();
    this.batches = new BatchBuilder(run.input(), run.augmentation(), run.seed(), run.batchSize());
    this.labelBuffer = new float[run.batchSize() * labelWidth()];
  }

  private int labelWidth() {
    int classes = run.input().classes();
    return method.targetSource() == TargetSource.NONE ? classes : 2 * classes + 1;
  }

  Method method() {
    return method;
  }

  BatchInput inputs(ShardSamples samples, int[] order, int start, int count) {
    return put(batches.inputs(samples, order, start, count), count);
  }

  BatchInput trainingInputs(ShardSamples samples, int[] order, int start, int count, int epoch) {
    return put(batches.trainingInputs(samples, order, start, count, epoch, drawn(epoch)), count);
  }

  /** Whether a sample may come several times in an epoch. */
  private boolean drawn(int epoch) {
    return run.sampling().draws(new EpochPosition(epoch, run.epochs()));
  }

  private BatchInput put(float[] values, int count) {
    INDArray mask = batches.mask() == null ? null : put(batches.mask(), count, masks);
    return new BatchInput(put(values, count, inputs), mask);
  }

  private INDArray put(float[] values, int count, BatchArrays arrays) {
    INDArray array = arrays.of(run.input().batchShape(count));
    NativeArrays.put(values, count * run.input().length(), array);
    return array;
  }

  /**
   * Labels as the loss adapter reads them: one-hot, then soft target and flag where the method has
   * soft targets. Overwrites the arrays of {@link #trainingInputs}.
   *
   * @param network the network that is trained, as it stands before the batch
   * @param other the teacher or peer; null where there is none, or none yet
   */
  INDArray targets(
      ComputationGraph network,
      ComputationGraph other,
      ShardSamples samples,
      BehaviourShard behaviours,
      int[] order,
      int start,
      int count,
      RoundPosition at) {
    oneHot(samples, order, start, count);
    switch (method.targetSource()) {
      case NONE -> {}
      case SAMPLE_STATE -> fromState(behaviours, order, start, count, at);
      case PARTNER -> {
        int[] partners = partners(samples, order, start, count, at.epoch());
        BatchInput inputs = trainingInputs(samples, partners, 0, count, at.epoch());
        soft(values(inputs.output(network, true)), count);
      }
      case TEACHER -> {
        if (other != null) {
          BatchInput inputs = trainingInputs(samples, order, start, count, at.epoch());
          soft(values(inputs.output(other, false)), count);
        }
      }
      case PEER -> {
        BatchInput inputs = trainingInputs(samples, order, start, count, at.epoch());
        soft(values(inputs.output(other, true)), count);
      }
    }
    return labels(count);
  }

  /**
   * Labels of the peer, as the loss adapter reads them.
   *
   * @param logits of the other network, {@code [count, classes]} row-major; may be longer
   */
  INDArray peerTargets(float[] logits, ShardSamples samples, int[] order, int start, int count) {
    oneHot(samples, order, start, count);
    soft(logits, count);
    return labels(count);
  }

  private void oneHot(ShardSamples samples, int[] order, int start, int count) {
    int width = labelWidth();
    Arrays.fill(labelBuffer, 0, count * width, 0f);
    for (int i = 0; i < count; i++) {
      labelBuffer[i * width + samples.labels()[order[start + i]]] = 1f;
    }
  }

  private INDArray labels(int count) {
    INDArray target = labels.of(count, labelWidth());
    NativeArrays.put(labelBuffer, count * labelWidth(), target);
    return target;
  }

  private void fromState(
      BehaviourShard behaviours, int[] order, int start, int count, RoundPosition at) {
    SampleState state = method.sampleState();
    int classes = run.input().classes();
    int width = labelWidth();
    double[] row = new double[state.width()];
    double[] soft = new double[classes];
    for (int i = 0; i < count; i++) {
      behaviours.read(order[start + i], row);
      if (state.target(row, at.inRun(), soft)) {
        for (int j = 0; j < classes; j++) {
          labelBuffer[i * width + classes + j] = (float) soft[j];
        }
        labelBuffer[i * width + 2 * classes] = 1f;
      }
    }
  }

  /**
   * Positions of a shard's samples in the order in which its epoch trains them; drawn once an epoch
   * where the shard stays with this slot.
   */
  int[] order(int shard, ShardSamples samples, RoundPosition at) {
    if (ordersOfEpoch != at.epoch()) {
      orders.clear();
      ordersOfEpoch = at.epoch();
    }
    Order order = orders.get(shard);
    if (order == null || order.ids() != samples.ids()) { // The very same array, as below.
      int[] positions =
          run.sampling()
              .order(run.seed(), at.inRun(), shard, samples.count(), () -> byClass(samples));
      order = new Order(samples.ids(), positions);
      orders.put(shard, order);
    }
    return order.positions();
  }

  /** Positions of every class's samples in the shard. */
  int[][] byClass(ShardSamples samples) {
    if (indexed != samples.ids()) { // The very same array: comparing contents would cost a batch.
      byClass = samples.positionsByClass(run.input().classes());
      indexed = samples.ids();
    }
    return byClass;
  }

  /** A sample of the same class for every sample of the batch, itself among the candidates. */
  private int[] partners(ShardSamples samples, int[] order, int start, int count, int epoch) {
    int[][] sameClass = byClass(samples);
    int[] partners = new int[count];
    for (int i = 0; i < count; i++) {
      int position = order[start + i];
      long id = samples.ids()[position];
      SplittableRandom random =
          drawn(epoch)
              ? Seeds.stream(run.seed(), Seeds.Purpose.PARTNER, epoch, id, start + i)
              : Seeds.stream(run.seed(), Seeds.Purpose.PARTNER, epoch, id);
      int[] candidates = sameClass[samples.labels()[position]];
      partners[i] = candidates[random.nextInt(candidates.length)];
    }
    return partners;
  }

  /**
   * The network that gives soft targets besides the one that is trained, as it starts a round; null
   * where the method has none, or none yet. Making it sets the seed of the thread's random stream.
   */
  ComputationGraph other(RoundState state, RoundPosition at) {
    return switch (method.targetSource()) {
      case NONE, SAMPLE_STATE, PARTNER -> null;
      case TEACHER -> state.teacher().length == 0 ? null : teacher(state.teacher());
      case PEER -> peer(state.peer(), at);
    };
  }

  private ComputationGraph peer(RoundState state, RoundPosition at) {
    if (peer == null) {
      peer = run.newPeer();
    }
    TrainingSlot.restore(peer, state, at);
    return peer;
  }

  private ComputationGraph teacher(float[] parameters) {
    if (teacher == null) {
      teacher = run.newTeacher();
    }
    if (!Arrays.equals(teacherParameters, parameters)) {
      NativeArrays.put(parameters, parameters.length, teacher.params());
      teacherParameters = parameters;
    }
    return teacher;
  }

  /** The values of an output, which is closed. */
  private static float[] values(INDArray output) {
    float[] values = new float[Math.toIntExact(output.length())];
    try (output) {
      NativeArrays.get(output, values);
    }
    return values;
  }

  /** Logits of another forward pass, behind every sample's label. */
  private void soft(float[] logits, int count) {
    int classes = run.input().classes();
    int width = labelWidth();
    for (int i = 0; i < count; i++) {
      System.arraycopy(logits, i * classes, labelBuffer, i * width + classes, classes);
      labelBuffer[i * width + 2 * classes] = 1f;
    }
  }
}
