package io.holdfast.data;

import java.util.List;

/** Reads one format. */
interface PartReader {

  /**
   * Files of both parts.
   *
   * @param input of the training part
   * @param testInput of the test part
   */
  record Paths(List<String> input, List<String> testInput) {}

  /**
   * Turns what the user named (directories, prefixes) into what {@link #read} expects.
   *
   * @param given as on the command line
   * @param searchTest whether a test part may be looked for beside the training part
   */
  default Paths resolve(Paths given, boolean searchTest) {
    return given;
  }

  /**
   * Reads one part.
   *
   * @param paths files, as {@link #resolve} returned them
   * @param labels what a missing label means
   * @param train the training part, which a test part must agree with; null when there is none or
   *     this is it
   */
  Part read(List<String> paths, LabelPolicy labels, Part train);
}
