package io.holdfast.runtime;

import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.util.Map;
import org.bytedeco.javacpp.Loader;
import org.nd4j.linalg.factory.Nd4j;

/** Asks the OpenBLAS that ND4J loaded; its Java bindings leave these questions out. */
final class OpenBlas {
  /**
   * RTLD_LAZY without RTLD_GLOBAL, JNA's default: ND4J loads two builds of OpenBLAS, and one whose
   * names become visible to the other would release the buffers that the other allocated.
   */
  private static final Map<String, Integer> LOCALLY = Map.of(Library.OPTION_OPEN_FLAGS, 1);

  private OpenBlas() {}

  /** The kernels in use, such as {@code SkylakeX}; {@code unknown} for other libraries. */
  static String core() {
    return ask("openblas_get_corename");
  }

  /** Version and build options. */
  static String configuration() {
    return ask("openblas_get_config").strip();
  }

  private static String ask(String function) {
    Nd4j.getExecutioner();
    for (Map.Entry<String, String> library : Loader.getLoadedLibraries().entrySet()) {
      if (library.getKey().startsWith("openblas@")) {
        // The library is loaded already: this finds it, with the kernels it chose.
        return NativeLibrary.getInstance(library.getValue(), LOCALLY)
            .getFunction(function)
            .invokeString(new Object[0], false);
      }
    }
    return "unknown";
  }
}
