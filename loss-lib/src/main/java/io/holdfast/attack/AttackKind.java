package io.holdfast.attack;

import io.holdfast.config.ConfigException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The attacks that the papers on online label smoothing and on encouraging loss report. */
public enum AttackKind {
  /** One step along the gradient's sign (Goodfellow et al., arXiv 1412.6572). */
  FGSM,
  /** Steps along the gradient's sign, inside a cube (Madry et al., arXiv 1706.06083). */
  PGD_LINF,
  /** Steps along the normalised gradient, inside a Euclidean ball (Madry et al.). */
  PGD_L2;

  /**
   * Finds an attack by its name.
   *
   * @param name such as {@code pgd-linf}
   * @return the attack
   * @throws ConfigException on an unknown name, with the nearest one that is known
   */
  public static AttackKind named(String name) {
    List<AttackKind> kinds = Arrays.asList(values());
    return kinds.stream()
        .filter(kind -> kind.toString().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                ConfigException.unknown(
                    "attack", name, kinds.stream().map(AttackKind::toString).toList()));
  }

  /** The name on the command line and in results, such as {@code pgd-linf}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
