package io.holdfast.analysis.sql;

import io.holdfast.analysis.failure.HoldfastException;
import org.apache.spark.QueryContext;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.catalyst.trees.Origin;
import scala.Option;

/**
 * A refusal in the form that Spark's own shells print as one line, where they print the stack of
 * any other failure.
 */
final class RefusedQuery extends AnalysisException {
  private static final long serialVersionUID = 1L;

  private final HoldfastException refusal;

  RefusedQuery(HoldfastException refusal) {
    super(
        refusal.getMessage(),
        Option.empty(),
        Option.empty(),
        Option.empty(),
        Option.empty(),
        scala.collection.immutable.Map$.MODULE$.empty(),
        new QueryContext[0]);
    this.refusal = refusal;
  }

  /** What was refused; not the cause, which shells would print with its stack. */
  HoldfastException refusal() {
    return refusal;
  }

  @Override
  public AnalysisException withPosition(Origin origin) {
    return this;
  }

  /** Throws what Scala, which knows no checked exceptions, lets pass. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <E extends Throwable> E sneak(Throwable thrown) throws E {
    throw (E) thrown;
  }
}
