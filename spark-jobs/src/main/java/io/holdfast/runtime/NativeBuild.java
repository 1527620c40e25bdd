package io.holdfast.runtime;

import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.javacpp.Loader;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * The build of ND4J's native library that this process loaded.
 *
 * @param backend {@code CPU} or {@code CUDA}
 * @param classifier the build, as in the name of its jar: {@code linux-x86_64-onednn}
 * @param oneDnn whether it is a CPU build with oneDNN inside
 */
public record NativeBuild(String backend, String classifier, boolean oneDnn) {

  /** JavaCPP's property that asks for a build; empty or absent asks for the plain one. */
  public static final String EXTENSION_PROPERTY = "org.bytedeco.javacpp.platform.extension";

  private static final String UNKNOWN = "unknown";

  /**
   * The build in this process; loads ND4J if that did not happen yet.
   *
   * @return what was loaded, whatever was asked for
   */
  public static NativeBuild loaded() {
    return Once.LOADED;
  }

  /** Whether it computes on a GPU. */
  boolean cuda() {
    return "CUDA".equalsIgnoreCase(backend);
  }

  /** The classifier that this process was told to use; CUDA builds have no extensions. */
  String asked() {
    return Loader.getPlatform() + (cuda() ? "" : System.getProperty(EXTENSION_PROPERTY, ""));
  }

  private static NativeBuild detect() {
    String backend =
        Nd4j.getExecutioner().getEnvironmentInformation().getProperty("backend", UNKNOWN);
    boolean oneDnn =
        "CPU".equalsIgnoreCase(backend)
            && NativeOpsHolder.getInstance()
                .getDeviceNativeOps()
                .buildInfo()
                .contains("HAVE_ONEDNN");
    return new NativeBuild(backend, classifierOf(Loader.getLoadedLibraries()), oneDnn);
  }

  /** JavaCPP keeps every library in a directory named after the build it came from. */
  static String classifierOf(Map<String, String> loadedLibraries) {
    for (String backend : new String[] {"nd4jcpu", "nd4jcuda"}) {
      String path = loadedLibraries.get("jni" + backend);
      if (path != null) {
        Path directory = Path.of(path).getParent();
        if (directory != null && directory.getFileName() != null) {
          return directory.getFileName().toString();
        }
      }
    }
    return UNKNOWN;
  }

  private static final class Once {
    private static final NativeBuild LOADED = detect();
  }
}
