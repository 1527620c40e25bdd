package io.holdfast.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a number that may be written as a fraction, such as {@code 8/255}. */
final class FractionConverter implements ITypeConverter<Double> {

  @Override
  public Double convert(String text) {
    String[] parts = text.split("/", 2);
    try {
      double number = Double.parseDouble(parts[0]);
      return parts.length == 1 ? number : number / Double.parseDouble(parts[1]);
    } catch (NumberFormatException e) {
      throw new TypeConversionException(
          "Invalid number: '" + text + "' (expected one such as 0.1 or 8/255)");
    }
  }
}
