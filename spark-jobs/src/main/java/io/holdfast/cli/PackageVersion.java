package io.holdfast.cli;

import io.holdfast.analysis.cli.BuildVersion;
import io.holdfast.runtime.NativeEnvironment;
import java.util.stream.Stream;

/** What {@code --version} tells of the package that trains: its native code, too. */
final class PackageVersion extends BuildVersion {

  @Override
  public String[] getVersion() {
    return Stream.concat(Stream.of(super.getVersion()), Stream.of("native code " + nativeCode()))
        .toArray(String[]::new);
  }

  private static String nativeCode() {
    try {
      NativeEnvironment environment = NativeEnvironment.current().requireAsAsked();
      return environment.fingerprint() + "; " + environment.openBlasConfiguration();
    } catch (RuntimeException | LinkageError unusable) {
      // The rest of the answer helps to find out why.
      return "cannot be loaded: " + unusable;
    }
  }
}
