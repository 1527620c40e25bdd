package io.holdfast.runtime;

import com.sun.jna.NativeLibrary;

/**
 * Environment variables as native code of this process sees them. Java's own view is a copy made at
 * the start, and cannot be changed.
 */
final class ProcessEnvironment {

  private ProcessEnvironment() {}

  /** Sets a variable for libraries that read it from now on. */
  static void set(String name, String value) {
    int failed =
        NativeLibrary.getProcess().getFunction("setenv").invokeInt(new Object[] {name, value, 1});
    if (failed != 0) {
      throw new IllegalStateException("Cannot set " + name + " to " + value);
    }
  }

  /** A variable's value; null where it is not set. */
  static String get(String name) {
    return NativeLibrary.getProcess()
        .getFunction("getenv")
        .invokeString(new Object[] {name}, false);
  }
}
