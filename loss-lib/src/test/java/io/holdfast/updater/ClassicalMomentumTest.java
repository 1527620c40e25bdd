package io.holdfast.updater;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.config.ConfigException;
import io.holdfast.gold.Seeds;
import io.holdfast.gold.Tolerance;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

class ClassicalMomentumTest {
  private static final int INPUTS = 3;
  private static final int OUTPUTS = 2;
  private static final int BATCH = 4;

  @Test
  void sevenStepsWithWeightDecayAndALowerRateEqualTheHandWrittenLoop() throws Exception {
    Seeds.check(5, ClassicalMomentumTest::sevenSteps);
  }

  /** A linear layer under squared error, whose gradient is written out here in plain doubles. */
  private static void sevenSteps(Random random) {
    double momentum = 0.9;
    double decay = 0.05;
    ISchedule schedule = new MapSchedule(ScheduleType.ITERATION, Map.of(0, 0.1, 3, 0.01, 5, 0.02));
    ComputationGraph network =
        network(new ClassicalMomentum(schedule, momentum), decay, DataType.DOUBLE);
    double[] parameters = network.params().toDoubleVector();
    double[] velocity = new double[parameters.length];

    for (int step = 0; step < 7; step++) {
      double[][] inputs = gaussian(random, INPUTS);
      double[][] wanted = gaussian(random, OUTPUTS);
      double[] gradient = squaredErrorGradient(parameters, inputs, wanted);
      double rate = step < 3 ? 0.1 : step < 5 ? 0.01 : 0.02;
      for (int i = 0; i < parameters.length; i++) {
        boolean weight = i < INPUTS * OUTPUTS;
        double g = gradient[i] + (weight ? decay * parameters[i] : 0);
        velocity[i] = momentum * velocity[i] + g;
        parameters[i] -= rate * velocity[i];
      }
      network.fit(new DataSet(Nd4j.createFromArray(inputs), Nd4j.createFromArray(wanted)));
      Tolerance.FLOAT64.check(
          "parameters after step " + step, network.params().toDoubleVector(), parameters);
    }
    Tolerance.FLOAT64.check(
        "velocity", network.getUpdater().getUpdaterStateViewArray().toDoubleVector(), velocity);
  }

  @Test
  void withoutMomentumItIsSgdToTheBit() throws Exception {
    Seeds.check(
        3,
        random -> {
          ComputationGraph ours = network(new ClassicalMomentum(0.1, 0), 0.01, DataType.FLOAT);
          ComputationGraph theirs = network(new Sgd(0.1), 0.01, DataType.FLOAT);
          theirs.setParams(ours.params().dup());
          for (int step = 0; step < 5; step++) {
            INDArray inputs = Nd4j.createFromArray(gaussian(random, INPUTS)).castTo(DataType.FLOAT);
            INDArray wanted =
                Nd4j.createFromArray(gaussian(random, OUTPUTS)).castTo(DataType.FLOAT);
            ours.fit(new DataSet(inputs, wanted));
            theirs.fit(new DataSet(inputs, wanted));
          }
          assertThat(ours.params().toFloatVector()).isEqualTo(theirs.params().toFloatVector());
        });
  }

  @Test
  void survivesJsonInANetworkConfiguration() {
    ISchedule schedule = new MapSchedule(ScheduleType.EPOCH, Map.of(0, 0.1, 2, 0.01));
    for (ClassicalMomentum updater :
        new ClassicalMomentum[] {
          new ClassicalMomentum(0.05, 0.9), new ClassicalMomentum(schedule, 0.5)
        }) {
      ComputationGraphConfiguration configuration =
          network(updater, 0.01, DataType.FLOAT).getConfiguration();
      ComputationGraphConfiguration read =
          ComputationGraphConfiguration.fromJson(configuration.toJson());
      assertThat(read).isEqualTo(configuration);
      ComputationGraph network = new ComputationGraph(read);
      network.init();
      assertThat(((OutputLayer) network.getLayer("output").conf().getLayer()).getIUpdater())
          .isEqualTo(updater);
    }
  }

  @Test
  void aCloneIsEqualAndIndependent() {
    ClassicalMomentum original = new ClassicalMomentum(0.1, 0.9);
    ClassicalMomentum clone = original.clone();
    assertThat(clone).isEqualTo(original).hasSameHashCodeAs(original);
    clone.setLrAndSchedule(0.01, null);
    assertThat(original.getLearningRate(0, 0)).isEqualTo(0.1);
    assertThat(clone.getLearningRate(0, 0)).isEqualTo(0.01);
    assertThat(clone).isNotEqualTo(original);
  }

  @Test
  void aNetworksLearningRateCanBeSet() {
    ComputationGraph network = network(new ClassicalMomentum(0.1, 0.9), 0, DataType.FLOAT);
    network.setLearningRate(0.025);
    assertThat(network.getLearningRate("output")).isEqualTo(0.025);
  }

  @Test
  void refusesAMomentumThatNeverForgets() {
    assertThatThrownBy(() -> new ClassicalMomentum(0.1, 1))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Invalid momentum: 1.0 (expected at least 0 and below 1)");
  }

  private static ComputationGraph network(IUpdater updater, double decay, DataType type) {
    ComputationGraph network =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(7)
                .dataType(type)
                .updater(updater)
                .l2(decay)
                .graphBuilder()
                .addInputs("input")
                .addLayer(
                    "output",
                    new OutputLayer.Builder(LossFunction.L2)
                        .activation(Activation.IDENTITY)
                        .nIn(INPUTS)
                        .nOut(OUTPUTS)
                        .build(),
                    "input")
                .setOutputs("output")
                .build());
    network.init();
    return network;
  }

  /** Gradient of the mean over the batch of ||xW + b - t||^2; weights are stored column-major. */
  private static double[] squaredErrorGradient(
      double[] parameters, double[][] inputs, double[][] wanted) {
    double[] gradient = new double[parameters.length];
    for (int n = 0; n < BATCH; n++) {
      for (int j = 0; j < OUTPUTS; j++) {
        double output = parameters[INPUTS * OUTPUTS + j];
        for (int i = 0; i < INPUTS; i++) {
          output += inputs[n][i] * parameters[j * INPUTS + i];
        }
        double error = 2 * (output - wanted[n][j]) / BATCH;
        gradient[INPUTS * OUTPUTS + j] += error;
        for (int i = 0; i < INPUTS; i++) {
          gradient[j * INPUTS + i] += error * inputs[n][i];
        }
      }
    }
    return gradient;
  }

  private static double[][] gaussian(Random random, int columns) {
    double[][] values = new double[BATCH][columns];
    for (double[] row : values) {
      for (int j = 0; j < columns; j++) {
        row[j] = random.nextGaussian();
      }
    }
    return values;
  }
}
