package io.holdfast.train;

import io.holdfast.config.Config;
import io.holdfast.method.Method;
import io.holdfast.method.Methods;
import io.holdfast.model.LearningRates;
import io.holdfast.runtime.NativeEnvironment;
import java.util.Map;
import java.util.TreeMap;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;

/**
 * What executors need to know of a run; the same for every task.
 *
 * @param key identifies network and data on an executor: networks are reused between runs with
 *     equal keys
 * @param networkJson configuration of the network with the method's loss on its output layer
 * @param method name of the method
 * @param methodOptions its options
 * @param input what the network is fed
 * @param augmentation of training images
 * @param seed of the run
 * @param batchSize examples of a minibatch
 * @param averagingFrequency minibatches every shard trains in a round
 * @param epochs of the whole run
 * @param learningRates of the network in every epoch; index 0 is epoch 1
 * @param teacherJson configuration of a saved teacher's network; null when the network that is
 *     trained becomes its own teacher, or has none
 * @param frozenFeatures whether only the output layer is trained
 * @param sampling which samples an epoch trains
 * @param store how the method's state of every sample is kept
 * @param nativeEnvironment fingerprint of the native environment that every executor has to have
 */
record RunSpec(
    String key,
    String networkJson,
    String method,
    Map<String, String> methodOptions,
    InputSpec input,
    Augmentation augmentation,
    long seed,
    int batchSize,
    int averagingFrequency,
    int epochs,
    double[] learningRates,
    String teacherJson,
    boolean frozenFeatures,
    ClassSampling sampling,
    StoreForm store,
    String nativeEnvironment)
    implements SlotSpec<MethodBuffers> {

  /**
   * The run that a configuration describes, in this process's native environment; equal arguments
   * give equal keys.
   *
   * @param config every key with its value
   * @param dataFingerprint of the samples it is trained on
   * @param input what the network is fed
   * @param networkJson configuration of the network
   * @param teacherJson configuration of a saved teacher's network; may be null
   */
  static RunSpec of(
      Config config,
      String dataFingerprint,
      InputSpec input,
      String networkJson,
      String teacherJson) {
    String method = config.get(TrainingKeys.METHOD);
    Map<String, String> identity = new TreeMap<>(config.resolved());
    identity.put("data fingerprint", dataFingerprint);
    identity.put("network", networkJson);
    identity.put("teacher", String.valueOf(teacherJson));
    return new RunSpec(
        RunRecord.hash(identity),
        networkJson,
        method,
        TrainJob.methodOptions(config),
        input,
        new Augmentation(
            config.get(TrainingKeys.CROP),
            config.get(TrainingKeys.FLIP),
            config.get(TrainingKeys.ROTATION),
            config.get(TrainingKeys.CUT_OUT)),
        config.get(TrainingKeys.SEED),
        config.get(TrainingKeys.BATCH_SIZE),
        config.get(TrainingKeys.AVERAGING_FREQUENCY),
        config.get(TrainingKeys.EPOCHS),
        LearningRates.perEpoch(config, config.get(TrainingKeys.EPOCHS)),
        teacherJson,
        StartingRun.freezesFeatures(config),
        ClassSampling.of(config),
        StoreForm.of(
            config,
            Methods.create(method, TrainJob.methodOptions(config), input.classes()).sampleState()),
        NativeEnvironment.current().fingerprint());
  }

  /** The method, with its options. */
  Method createMethod() {
    return Methods.create(method, methodOptions, input.classes());
  }

  /** The teacher's network, initialised; its weights do not matter. */
  ComputationGraph newTeacher() {
    return network(
        ComputationGraphConfiguration.fromJson(teacherJson == null ? networkJson : teacherJson),
        false);
  }

  /** The second of two networks that teach each other: the same, with other initial weights. */
  ComputationGraph newPeer() {
    ComputationGraphConfiguration configuration =
        ComputationGraphConfiguration.fromJson(networkJson);
    configuration.getDefaultConfiguration().setSeed(Seeds.of(seed, Seeds.Purpose.PEER));
    return network(configuration, false);
  }

  /** The same with another number of minibatches between two averagings. */
  RunSpec withAveragingFrequency(int frequency) {
    return new RunSpec(
        key,
        networkJson,
        method,
        methodOptions,
        input,
        augmentation,
        seed,
        batchSize,
        frequency,
        epochs,
        learningRates,
        teacherJson,
        frozenFeatures,
        sampling,
        store,
        nativeEnvironment);
  }

  int minibatches(int samples) {
    return (samples + batchSize - 1) / batchSize;
  }

  @Override
  public ComputationGraph newNetwork() {
    return network(ComputationGraphConfiguration.fromJson(networkJson), frozenFeatures);
  }

  private static ComputationGraph network(
      ComputationGraphConfiguration configuration, boolean frozenFeatures) {
    ComputationGraph network = new TrainingGraph(configuration, frozenFeatures);
    network.init();
    return network;
  }

  @Override
  public MethodBuffers newBuffers() {
    return new MethodBuffers(this);
  }
}
