package io.holdfast.data;

import com.univocity.parsers.common.TextParsingException;
import com.univocity.parsers.csv.CsvParser;
import com.univocity.parsers.csv.CsvParserSettings;
import com.univocity.parsers.csv.UnescapedQuoteHandling;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.hadoop.conf.Configuration;

/**
 * Records of one CSV file in UTF-8 by RFC 4180: a quoted cell may hold delimiters, doubled quotes
 * and line ends, which become {@code \n}. Lines end with LF or CRLF; empty ones are skipped.
 */
final class CsvRecords implements Iterator<String[]>, AutoCloseable {
  private static final int MOST_COLUMNS = 1 << 18;

  private final String file;
  private final CsvParser parser;
  private long number;
  private String[] next;

  CsvRecords(String file, char delimiter, Configuration conf) {
    this.file = file;
    CsvParserSettings settings = new CsvParserSettings();
    settings.getFormat().setDelimiter(delimiter);
    settings.getFormat().setComment('\0');
    settings.setLineSeparatorDetectionEnabled(true);
    settings.setMaxColumns(MOST_COLUMNS);
    settings.setMaxCharsPerColumn(-1);
    settings.setNullValue("");
    settings.setEmptyValue("");
    settings.setReadInputOnSeparateThread(false);
    settings.setUnescapedQuoteHandling(UnescapedQuoteHandling.RAISE_ERROR);
    parser = new CsvParser(settings);
    try {
      parser.beginParsing(new Utf8Reader(file, InputFiles.open(file, 0, conf)));
    } catch (IOException e) {
      throw InputFiles.failure(file, e);
    } catch (RuntimeException e) {
      throw failure(e);
    }
    advance();
  }

  private void advance() {
    try {
      next = parser.parseNext();
    } catch (RuntimeException e) {
      throw failure(e);
    }
  }

  private RuntimeException failure(RuntimeException thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof HoldfastException own) {
        return own;
      }
      if (cause instanceof IOException unreadable) {
        return InputFiles.failure(file, unreadable);
      }
    }
    return thrown instanceof TextParsingException
        ? BadInput.of(
            thrown,
            "%s record %d: a quote stands in the middle of a cell, expected quoted cells with inner quotes doubled (RFC 4180)",
            file,
            number + 1)
        : thrown;
  }

  @Override
  public boolean hasNext() {
    return next != null;
  }

  @Override
  public String[] next() {
    if (next == null) {
      throw new NoSuchElementException();
    }
    String[] current = next;
    number++;
    advance();
    return current;
  }

  /** 1-based number of the record that {@link #next} returned last; a header counts. */
  long number() {
    return number;
  }

  @Override
  public void close() {
    parser.stopParsing();
  }
}
