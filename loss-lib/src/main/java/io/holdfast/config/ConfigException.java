package io.holdfast.config;

/** A configuration key or value that cannot be used; the message names it and says what was expected. */
public final class ConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one line: the key, the value found and what was expected
   */
  public ConfigException(String message) {
    super(message);
  }
}
