package io.holdfast.method;

import io.holdfast.config.ConfigKey;
import java.util.List;

/**
 * What there is to know about a method without creating it.
 *
 * @param name the name it is registered under, such as {@code fer}
 * @param summary one sentence
 * @param source paper and equation
 * @param state what is remembered per sample or per class, in words
 * @param options its configuration keys, named {@code name.option}
 */
public record MethodDescriptor(
    String name, String summary, String source, String state, List<ConfigKey<?>> options) {

  /** Keeps an unmodifiable copy of the options and refuses keys outside the method's name space. */
  public MethodDescriptor {
    options = List.copyOf(options);
    for (ConfigKey<?> option : options) {
      if (!option.name().startsWith(name + ".")) {
        throw new IllegalArgumentException("Option " + option + " does not belong to " + name);
      }
    }
  }
}
