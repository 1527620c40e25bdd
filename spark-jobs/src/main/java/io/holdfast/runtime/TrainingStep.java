package io.holdfast.runtime;

import io.holdfast.analysis.failure.ExitCode;
import java.util.Locale;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Trains a tiny convolutional network on one batch, to see that every kind of operation works. */
final class TrainingStep {
  private static final int STEPS = 20;
  private static final int BATCH = 8;
  private static final int SIDE = 8;
  private static final int CLASSES = 2;

  private TrainingStep() {}

  static Finding finding() {
    MultiLayerNetwork network = network();
    DataSet batch = batch();
    double before = network.score(batch);
    long start = System.nanoTime();
    for (int step = 0; step < STEPS; step++) {
      network.fit(batch);
    }
    double milliseconds = (System.nanoTime() - start) / 1e6 / STEPS;
    double after = network.score(batch);
    String detail =
        String.format(
            Locale.ROOT,
            "loss %.3f to %.3f in %d steps of %.1f ms",
            before,
            after,
            STEPS,
            milliseconds);
    return after < before
        ? Finding.ok("training step", detail)
        : Finding.fail("training step", detail + "; expected it to fall", ExitCode.INFRASTRUCTURE);
  }

  private static MultiLayerNetwork network() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .updater(new Sgd(0.1))
                .list()
                .layer(
                    new ConvolutionLayer.Builder(3, 3).nOut(4).activation(Activation.RELU).build())
                .layer(
                    new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                        .kernelSize(2, 2)
                        .stride(2, 2)
                        .build())
                .layer(new DenseLayer.Builder().nOut(8).activation(Activation.RELU).build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(CLASSES)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(SIDE, SIDE, 1))
                .build());
    network.init();
    return network;
  }

  /** Bright images are of class 1, dark ones of class 0. */
  private static DataSet batch() {
    INDArray features = Nd4j.create(BATCH, 1, SIDE, SIDE);
    INDArray labels = Nd4j.create(BATCH, CLASSES);
    for (int i = 0; i < BATCH; i++) {
      int label = i % CLASSES;
      features.slice(i).assign(0.1 + 0.5 * label + 0.01 * i);
      labels.putScalar(i, label, 1);
    }
    return new DataSet(features, labels);
  }
}
