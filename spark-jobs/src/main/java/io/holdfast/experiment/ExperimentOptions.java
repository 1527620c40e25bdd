package io.holdfast.experiment;

import java.util.List;
import java.util.Map;

/**
 * What to compare.
 *
 * @param config text by key: {@code experiment.*}, {@code grid.*}, and the training keys and method
 *     options that all runs share
 * @param data sample tables as {@code NAME:DIR} or {@code DIR}; empty for those of the
 *     configuration
 * @param out directory of log, analysis and tables; on any Hadoop file system
 * @param overwrite whether runs that were created with another configuration or data are trained
 *     anew
 */
public record ExperimentOptions(
    Map<String, String> config, List<String> data, String out, boolean overwrite) {

  /** Copies the list. */
  public ExperimentOptions {
    data = List.copyOf(data);
  }
}
