package io.holdfast.train;

/**
 * What executors need to attack a run's network.
 *
 * @param run whose network
 */
record AttackSpec(RunSpec run) implements SlotSpec<PixelInputs> {

  @Override
  public String key() {
    return "attack " + run.key();
  }

  @Override
  public String nativeEnvironment() {
    return run.nativeEnvironment();
  }

  @Override
  public AttackedGraph newNetwork() {
    AttackedGraph network = new AttackedGraph(run.networkJson());
    network.init();
    return network;
  }

  @Override
  public PixelInputs newBuffers() {
    return new PixelInputs(run.input());
  }
}
