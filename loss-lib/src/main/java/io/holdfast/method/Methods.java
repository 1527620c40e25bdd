package io.holdfast.method;

import io.holdfast.config.Config;
import io.holdfast.config.ConfigException;
import io.holdfast.config.ConfigSchema;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The registry of training methods. */
public final class Methods {
  private static final Map<String, MethodFactory> FACTORIES =
      byName(
          List.of(
              StandardTraining.FACTORY,
              LabelSmoothing.FACTORY,
              LearningWithRetrospection.FACTORY,
              Fer.FACTORY,
              MaximumEntropy.FACTORY,
              Bootstrapping.SOFT,
              Bootstrapping.HARD,
              DisturbLabel.FACTORY,
              SymmetricCrossEntropy.FACTORY,
              PairwiseConfusion.FACTORY,
              TeacherFreeRegularization.FACTORY,
              ClassWiseSelfDistillation.FACTORY,
              SnapshotDistillation.FACTORY,
              KnowledgeDistillation.FACTORY,
              DeepMutualLearning.FACTORY,
              EncouragingLoss.FACTORY,
              SquaredError.FACTORY,
              Focal.FACTORY,
              Focal.HALTED,
              Alr.FACTORY,
              Alr.SMOOTHED_FACTORY,
              OnlineLabelSmoothing.FACTORY,
              OnlineLabelSmoothingSingle.FACTORY,
              Infogain.FACTORY,
              Mcel.FACTORY,
              SgMcel.FACTORY,
              Gmcel.FACTORY));

  private Methods() {}

  /**
   * Creates a method.
   *
   * @param name the name it is registered under, such as {@code fer}
   * @param options texts of options by full key name, such as {@code fer.tau}, and of the keys of
   *     {@link ClassBalance}; options left out take their defaults
   * @param classes the number of classes K
   * @return the method
   * @throws ConfigException on an unknown method or option (naming the nearest), a value out of
   *     range, or weights of classes with a method that cannot have them
   */
  public static Method create(String name, Map<String, String> options, int classes) {
    if (classes < 2) {
      throw new ConfigException("Invalid number of classes: " + classes + " (expected 2 or more)");
    }
    Config parsed = schema(name).plus(ClassBalance.schema()).parse(options);
    return ClassWeighted.of(factory(name).constructor().create(parsed, classes), parsed, classes);
  }

  /**
   * All methods.
   *
   * @return the descriptions, in the order of registration
   */
  public static List<MethodDescriptor> descriptors() {
    return FACTORIES.values().stream().map(MethodFactory::descriptor).toList();
  }

  /**
   * The options of one method.
   *
   * @param name the name the method is registered under
   * @return the schema of its options
   * @throws ConfigException on an unknown method (naming the nearest)
   */
  public static ConfigSchema schema(String name) {
    return ConfigSchema.of(factory(name).descriptor().options());
  }

  private static MethodFactory factory(String name) {
    MethodFactory factory = FACTORIES.get(name);
    if (factory == null) {
      throw ConfigException.unknown("method", name, FACTORIES.keySet());
    }
    return factory;
  }

  private static Map<String, MethodFactory> byName(List<MethodFactory> factories) {
    Map<String, MethodFactory> byName = new LinkedHashMap<>();
    for (MethodFactory factory : factories) {
      byName.put(factory.descriptor().name(), factory);
    }
    return byName;
  }
}
