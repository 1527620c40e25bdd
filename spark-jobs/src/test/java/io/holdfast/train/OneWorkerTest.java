package io.holdfast.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.analysis.log.LogRoot;
import io.holdfast.config.Config;
import io.holdfast.data.Sample;
import io.holdfast.data.Vocabulary;
import io.holdfast.loss.MethodLossFunction;
import io.holdfast.model.Networks;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

/** One worker is plain DL4J: the same parameters, to the bit. */
class OneWorkerTest {
  static final int CLASSES = 5;
  static final int SAMPLES = 150;
  static final int BATCH = 32;
  private static final byte[] VOCABULARY =
      """
      {"format": 1, "word_ngrams": 2, "buckets": 20, "words":
      ["class0", "class1", "class2", "class3", "word0", "word1", "word2"]}
      """
          .getBytes(StandardCharsets.UTF_8);

  @ParameterizedTest
  @CsvSource({
    "mlp,sgd",
    "mlp,adam",
    "mlp,nesterov",
    "lenet,sgd",
    "resnet,sgd",
    "wrn,sgd",
    "fasttext,sgd",
    "fasttext,adam",
    "char_cnn,sgd"
  })
  void equalsPlainDl4j(String model, String optimiser, @TempDir Path directory) {
    boolean texts = model.equals("fasttext") || model.equals("char_cnn");
    int[] shape =
        switch (model) {
          case "lenet" -> new int[] {1, 28, 28};
          case "mlp" -> new int[] {12};
          default -> new int[] {3, 8, 8};
        };
    // DL4J leaves the scale and shift of batch normalisation out of weight decay.
    boolean normalised = model.equals("resnet") || model.equals("wrn");
    int epochs = 3;
    Config config =
        TrainOptions.parse(
            Map.ofEntries(
                Map.entry("model", model),
                Map.entry("model.hidden", "16,16"),
                Map.entry("model.depth", model.equals("wrn") ? "10" : "8"),
                Map.entry("model.width", "2"),
                Map.entry("model.length", model.equals("fasttext") ? "9" : "123"),
                Map.entry("model.frames", "8"),
                Map.entry("model.units", "12"),
                Map.entry("optimiser", optimiser),
                Map.entry("optimiser.learning_rate", "0.01"),
                Map.entry("optimiser.weight_decay", normalised ? "0" : "5e-4"),
                Map.entry("schedule", "multi_step"),
                Map.entry("train.epochs", "" + epochs),
                Map.entry("data.scaling", "unit")));
    List<Sample> samples = texts ? texts() : samples(shape);
    TextEncoder text = TextEncoder.of(config, () -> Vocabulary.fromBytes(VOCABULARY, "vocabulary"));
    InputSpec input =
        new InputSpec(
            texts ? text.shape() : shape,
            CLASSES,
            FeatureScaling.UNIT,
            new double[0],
            new double[0],
            text);
    String json =
        Networks.build(
                config,
                input.shape(),
                CLASSES,
                epochs,
                7,
                new MethodLossFunction("std", Map.of(), CLASSES),
                null)
            .toJson();
    RunSpec run =
        new RunSpec(
            "k" + model + optimiser,
            json,
            "std",
            Map.of(),
            input,
            Augmentation.NONE,
            7,
            BATCH,
            2,
            epochs,
            new double[epochs],
            null,
            false,
            new ClassSampling(false, 0),
            new StoreForm(List.of(), false, 0),
            io.holdfast.runtime.NativeEnvironment.current().process());

    ComputationGraphConfiguration plain = ComputationGraphConfiguration.fromJson(json);
    OutputLayer output =
        (OutputLayer) ((LayerVertex) plain.getVertices().get("output")).getLayerConf().getLayer();
    output.setActivationFn(new ActivationSoftmax());
    output.setLossFn(new LossMCXENT());
    ComputationGraph reference = new ComputationGraph(plain);
    reference.init();
    RoundState state = TrainJob.stateOf(reference);

    ShardSamples shard = ShardSamples.of(samples.iterator());
    BatchBuilder batches = new BatchBuilder(input, Augmentation.NONE, 7, BATCH);
    SparkSession spark =
        SparkSession.builder().master("local[2]").config("spark.ui.enabled", false).getOrCreate();
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    try (AveragingEngine engine =
        new AveragingEngine(
            context,
            run,
            1,
            context.parallelize(samples, 3),
            Map.of(),
            new LogRoot(directory.toUri().toString()),
            "one",
            true)) {
      for (int epoch = 1; epoch <= epochs; epoch++) {
        state = engine.epoch(epoch, state, null, (round, examples, loss) -> {}).state();
        int[] order = Seeds.order(7, epoch, 0, SAMPLES);
        for (int start = 0; start < SAMPLES; start += BATCH) {
          int count = Math.min(BATCH, SAMPLES - start);
          float[] values =
              java.util.Arrays.copyOf(
                  batches.inputs(shard, order, start, count), count * input.length());
          INDArray labels = Nd4j.create(count, CLASSES);
          for (int i = 0; i < count; i++) {
            labels.putScalar(i, shard.labels()[order[start + i]], 1);
          }
          INDArray features = Nd4j.createFromArray(values).reshape(input.batchShape(count));
          INDArray mask =
              batches.mask() == null
                  ? null
                  : Nd4j.createFromArray(
                          java.util.Arrays.copyOf(batches.mask(), count * input.length()))
                      .reshape(input.batchShape(count));
          reference.fit(
              new INDArray[] {features},
              new INDArray[] {labels},
              mask == null ? null : new INDArray[] {mask},
              null);
        }
        reference.incrementEpochCount();
        RoundState expected = TrainJob.stateOf(reference);
        assertThat(state.parameters())
            .as("parameters after epoch %d", epoch)
            .isEqualTo(expected.parameters());
        assertThat(state.updater())
            .as("updater after epoch %d", epoch)
            .isEqualTo(expected.updater());
      }
    }
  }

  /** Texts of 1 to 12 words, the known ones among them. */
  private static List<Sample> texts() {
    SplittableRandom random = new SplittableRandom(4);
    List<Sample> samples = new ArrayList<>();
    for (int id = 0; id < SAMPLES; id++) {
      int label = random.nextInt(CLASSES);
      StringBuilder text = new StringBuilder("class" + label);
      for (int word = random.nextInt(12); word > 0; word--) {
        text.append(" word").append(random.nextInt(9));
      }
      samples.add(Sample.ofText(id, label, Sample.NO_LABEL, text.toString()));
    }
    return samples;
  }

  /** The same for every call: images where the shape has three dimensions. */
  static List<Sample> samples(int[] shape) {
    SplittableRandom random = new SplittableRandom(3);
    List<Sample> samples = new ArrayList<>();
    for (int id = 0; id < SAMPLES; id++) {
      int label = random.nextInt(CLASSES);
      byte[] image = null;
      float[] features = null;
      if (shape.length == 3) {
        image = new byte[shape[0] * shape[1] * shape[2]];
        for (int i = 0; i < image.length; i++) {
          image[i] = (byte) (random.nextInt(128) + 25 * label);
        }
      } else {
        features = new float[shape[0]];
        for (int i = 0; i < features.length; i++) {
          features[i] = (float) (random.nextDouble() + (i % CLASSES == label ? 1 : 0));
        }
      }
      samples.add(new Sample(id, label, Sample.NO_LABEL, image, features));
    }
    return samples;
  }
}
