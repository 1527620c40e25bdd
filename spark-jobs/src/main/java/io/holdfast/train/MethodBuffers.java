package io.holdfast.train;

import io.holdfast.method.Method;
import io.holdfast.method.SampleState;
import io.holdfast.method.TargetSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The arrays that minibatches of a run are put into, one set for every batch size that occurs. */
final class MethodBuffers {
  private final RunSpec run;
  private final Method method;
  private final BatchBuilder batches;
  private final float[] labelBuffer;
  private final Map<Integer, INDArray> inputs = new HashMap<>();
  private final Map<Integer, INDArray> masks = new HashMap<>();
  private final Map<Integer, INDArray> labels = new HashMap<>();
  private ComputationGraph teacher;
  private float[] teacherParameters;
  private long[] indexed;
  private int[][] byClass;

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
    return put(batches.trainingInputs(samples, order, start, count, epoch), count);
  }

  private BatchInput put(float[] values, int count) {
    INDArray mask = batches.mask() == null ? null : put(batches.mask(), count, masks);
    return new BatchInput(put(values, count, inputs), mask);
  }

  private INDArray put(float[] values, int count, Map<Integer, INDArray> arrays) {
    INDArray array =
        arrays.computeIfAbsent(
            count, rows -> Nd4j.create(DataType.FLOAT, run.input().batchShape(rows)));
    NativeArrays.put(values, count * run.input().length(), array);
    return array;
  }

  /**
   * Labels as the loss adapter reads them: one-hot, then soft target and flag where the method has
   * soft targets. Overwrites the arrays of {@link #trainingInputs}.
   *
   * @param network the network that is trained, as it stands before the batch
   * @param teacherState parameters of the teacher; empty when there is none yet
   */
  INDArray targets(
      ComputationGraph network,
      float[] teacherState,
      ShardSamples samples,
      BehaviourShard behaviours,
      int[] order,
      int start,
      int count,
      RoundPosition at) {
    int width = labelWidth();
    Arrays.fill(labelBuffer, 0, count * width, 0f);
    for (int i = 0; i < count; i++) {
      labelBuffer[i * width + samples.labels()[order[start + i]]] = 1f;
    }
    switch (method.targetSource()) {
      case NONE -> {}
      case SAMPLE_STATE -> fromState(behaviours, order, start, count, at);
      case PARTNER -> {
        int[] partners = partners(samples, order, start, count, at.epoch());
        BatchInput inputs = trainingInputs(samples, partners, 0, count, at.epoch());
        soft(inputs.output(network, true), count);
      }
      case TEACHER -> {
        if (teacherState.length > 0) {
          BatchInput inputs = trainingInputs(samples, order, start, count, at.epoch());
          soft(inputs.output(teacher(teacherState), false), count);
        }
      }
    }
    INDArray target =
        labels.computeIfAbsent(count, rows -> Nd4j.create(DataType.FLOAT, rows, width));
    NativeArrays.put(labelBuffer, count * width, target);
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

  /** A sample of the same class for every sample of the batch, itself among the candidates. */
  private int[] partners(ShardSamples samples, int[] order, int start, int count, int epoch) {
    if (indexed != samples.ids()) { // The very same array: comparing contents would cost a batch.
      byClass = samples.positionsByClass(run.input().classes());
      indexed = samples.ids();
    }
    int[] partners = new int[count];
    for (int i = 0; i < count; i++) {
      int position = order[start + i];
      SplittableRandom random =
          Seeds.stream(run.seed(), Seeds.Purpose.PARTNER, epoch, samples.ids()[position]);
      int[] candidates = byClass[samples.labels()[position]];
      partners[i] = candidates[random.nextInt(candidates.length)];
    }
    return partners;
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

  /** Logits of another forward pass, behind every sample's label. */
  private void soft(INDArray logits, int count) {
    int classes = run.input().classes();
    int width = labelWidth();
    float[] values = new float[count * classes];
    try (logits) {
      NativeArrays.get(logits, values);
    }
    for (int i = 0; i < count; i++) {
      System.arraycopy(values, i * classes, labelBuffer, i * width + classes, classes);
      labelBuffer[i * width + 2 * classes] = 1f;
    }
  }
}
