package io.holdfast.benchmark;

import java.util.List;

/**
 * Which methods to measure against STD.
 *
 * @param data sample table of images without held-out splits; every epoch trains its training
 *     samples
 * @param methods names, without std
 * @param epochs that are measured
 * @param warmUp epochs before them that are not
 */
public record MethodCostOptions(String data, List<String> methods, int epochs, int warmUp) {

  /**
   * @param data sample table
   * @param methods names; std is left out, as it is measured with every group
   * @param epochs at least 1
   * @param warmUp at least 0
   */
  public MethodCostOptions {
    methods = methods.stream().filter(name -> !name.equals("std")).toList();
  }
}
