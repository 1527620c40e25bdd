package io.holdfast.gold;

import java.util.Map;

/** The options that a method cannot be created without. */
public final class FewestOptions {
  private FewestOptions() {}

  /** Options by full key name; most methods need none. */
  public static Map<String, String> of(String method) {
    return method.equals("kd") ? Map.of("kd.teacher", "teacher") : Map.of();
  }
}
