package io.holdfast.cli;

import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.train.EpochChoice;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --epoch}. */
final class EpochConverter implements ITypeConverter<EpochChoice> {

  @Override
  public EpochChoice convert(String text) {
    try {
      return EpochChoice.parse(text);
    } catch (HoldfastException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
