package io.holdfast.cli;

import io.holdfast.attack.AttackKind;
import io.holdfast.config.ConfigException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --attack}. */
final class AttackKindConverter implements ITypeConverter<AttackKind> {

  @Override
  public AttackKind convert(String text) {
    try {
      return AttackKind.named(text);
    } catch (ConfigException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}
