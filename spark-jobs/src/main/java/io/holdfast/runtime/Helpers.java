package io.holdfast.runtime;

/**
 * DL4J's oneDNN helpers: convolution, pooling and batch normalisation, several times faster than
 * the built-in path and equal to it within float rounding. DL4J reads the switch whenever it
 * creates a layer, so it holds for networks initialised afterwards.
 *
 * <p>As published, 1.0.0-M2.1 never uses them: the switch is off by default, and the class asked
 * for permission is missing. {@link org.nd4j.nativeblas.Nd4jCpu} stands in for it.
 */
public final class Helpers {
  private static final String DISABLED = "org.eclipse.deeplearning4j.helpers.disable";

  private Helpers() {}

  /**
   * Whether layers created now use oneDNN.
   *
   * @return true when the switch is on and the loaded build can
   */
  public static boolean enabled() {
    return switchedOn() && NativeBuild.loaded().oneDnn();
  }

  /**
   * Whether the helpers were asked for.
   *
   * @return the switch, whatever the loaded build can do
   */
  public static boolean switchedOn() {
    return !Boolean.parseBoolean(System.getProperty(DISABLED, "true"));
  }

  /**
   * Turns the helpers on or off for networks initialised from now on in this process.
   *
   * @param on whether to use them where the loaded build has oneDNN
   */
  public static void use(boolean on) {
    System.setProperty(DISABLED, Boolean.toString(!on));
  }
}
