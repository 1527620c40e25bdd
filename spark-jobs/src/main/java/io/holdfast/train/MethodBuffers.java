package io.holdfast.train;

import io.holdfast.method.Method;
import io.holdfast.method.Methods;
import io.holdfast.method.SampleState;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The arrays that minibatches of a run are put into, one pair for every batch size that occurs. */
final class MethodBuffers {
  private final RunSpec run;
  private final Method method;
  private final BatchBuilder batches;
  private final float[] labelBuffer;
  private final Map<Integer, INDArray> inputs = new HashMap<>();
  private final Map<Integer, INDArray> labels = new HashMap<>();

  MethodBuffers(RunSpec run) {
    this.run = run;
    this.method = Methods.create(run.method(), run.methodOptions(), run.input().classes());
    this.batches = new BatchBuilder(run.input(), run.augmentation(), run.seed(), run.batchSize());
    this.labelBuffer = new float[run.batchSize() * labelWidth()];
  }

  private int labelWidth() {
    int classes = run.input().classes();
    return method.sampleState().width() == 0 ? classes : 2 * classes + 1;
  }

  INDArray inputs(ShardSamples samples, int[] order, int start, int count) {
    return put(batches.inputs(samples, order, start, count), count);
  }

  INDArray trainingInputs(ShardSamples samples, int[] order, int start, int count, int epoch) {
    return put(batches.trainingInputs(samples, order, start, count, epoch), count);
  }

  private INDArray put(float[] values, int count) {
    INDArray features =
        inputs.computeIfAbsent(
            count, rows -> Nd4j.create(DataType.FLOAT, run.input().batchShape(rows)));
    NativeArrays.put(values, count * run.input().length(), features);
    return features;
  }

  /**
   * Labels as the loss adapter reads them: one-hot, then soft target and flag where the method
   * keeps state.
   */
  INDArray targets(
      ShardSamples samples,
      BehaviourShard behaviours,
      int[] order,
      int start,
      int count,
      RoundPosition at) {
    SampleState state = method.sampleState();
    int classes = run.input().classes();
    int width = labelWidth();
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
    INDArray target =
        labels.computeIfAbsent(count, rows -> Nd4j.create(DataType.FLOAT, rows, width));
    NativeArrays.put(labelBuffer, count * width, target);
    return target;
  }
}
