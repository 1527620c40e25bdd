package io.holdfast.benchmark;

/** Something that trains on the benchmark's data when it is asked to. */
interface Engine {

  /**
   * Does one piece of work.
   *
   * @param question {@code epoch}, or the name of a network whose training step is measured
   * @return its wall time in seconds
   */
  double seconds(String question) throws Exception;
}
