package io.holdfast.analysis.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} tells of every package: which build this is, and what it runs on. */
public class BuildVersion implements IVersionProvider {
  private static final Properties BUILD = read();

  /** Made by picocli. */
  public BuildVersion() {}

  /**
   * The version.
   *
   * @return as in the names of the jars
   */
  public static String version() {
    return BUILD.getProperty("version");
  }

  /**
   * The commit that was built.
   *
   * @return its SHA-1, with {@code -dirty} behind it where files had been changed since; {@code
   *     unknown} for a build outside a git repository
   */
  public static String commit() {
    return BUILD.getProperty("commit")
        + (Boolean.parseBoolean(BUILD.getProperty("dirty")) ? "-dirty" : "");
  }

  /**
   * The lines that are printed.
   *
   * @return version, build and the Java and Spark of this process, a line for each
   */
  @Override
  public String[] getVersion() {
    return new String[] {
      "holdfast %s, commit %s".formatted(version(), commit()),
      "built for   Spark %s, Scala %s, Java 17"
          .formatted(BUILD.getProperty("spark.version"), BUILD.getProperty("scala.version")),
      "running on  Spark %s, Scala %s, Java %s (%s), %s %s"
          .formatted(
              org.apache.spark.package$.MODULE$.SPARK_VERSION(),
              scala.util.Properties.versionNumberString(),
              System.getProperty("java.version"),
              System.getProperty("java.vendor"),
              System.getProperty("os.name"),
              System.getProperty("os.arch"))
    };
  }

  private static Properties read() {
    Properties values = new Properties();
    try (InputStream in = BuildVersion.class.getResourceAsStream("build.properties")) {
      values.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return values;
  }
}
