package io.holdfast.analysis.reading;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogPart;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.log.PredictionWriter;
import io.holdfast.fuzz.FuzzedFormat;
import io.holdfast.fuzz.Fuzzer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parquet files of a prediction log, changed at random, through the reader of their footers. */
class FooterFuzzTest {
  private static final Configuration CONF = new Configuration();

  @TempDir Path folder;

  @Test
  void footers() throws IOException {
    LogRoot written = new LogRoot(folder.resolve("written").toString());
    LogPart part = new LogPart("r", "train", LogPart.EVAL, 1, 0);
    try (PredictionWriter writer = PredictionWriter.open(CONF, written, part, true)) {
      for (int sample = 0; sample < 5; sample++) {
        writer.add(sample, sample % 3, -1, new float[] {1, 2, sample}, 0, 3, 0.5f);
      }
      writer.finish();
    }
    List<byte[]> corpus = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of(written.location()))) {
      for (Path file : files.filter(name -> name.toString().endsWith(".parquet")).toList()) {
        corpus.add(Files.readAllBytes(file));
      }
    }
    Path file = folder.resolve("mutated.parquet");
    FuzzedFormat format =
        new FuzzedFormat(
            "parquet footer",
            false,
            corpus,
            List.of("mutated.parquet"),
            (content, number) -> {
              Files.write(file, content);
              ParquetColumns.Footer footer =
                  ParquetColumns.footer(
                      file.toString(),
                      CONF,
                      number % 2 == 0 ? ParquetColumns.PREDICTIONS : ParquetColumns.VECTORS);
              if (footer.problem() != null) {
                throw new HoldfastException(ExitCode.BAD_LOG, footer.problem());
              }
            });
    Fuzzer.check(format, 150, 1);
  }
}
