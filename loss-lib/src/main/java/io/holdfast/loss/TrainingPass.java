package io.holdfast.loss;

import io.holdfast.method.LossContext;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The context of training on one thread: tells {@link MethodLossFunction} where in the run the
 * batches stand, and takes from it the logits and losses of the training forward pass.
 *
 * <pre>{@code
 * try (TrainingPass pass = TrainingPass.bind(context)) {
 *   for (DataSet batch : batches) {
 *     network.fit(batch);
 *     store(pass.rows(), pass.logits(), pass.losses());
 *   }
 * }
 * }</pre>
 *
 * The loss of a network configuration is shared between networks, so that none of this can be a
 * field of the loss. Bound to the thread that calls {@link #bind}, and used on that thread only.
 * The arrays are overwritten by the next batch, and reused where their size allows: copy what has
 * to last longer.
 */
public final class TrainingPass implements AutoCloseable {
  private static final ThreadLocal<TrainingPass> CURRENT = new ThreadLocal<>();

  private final LossContext context;
  private float[] logits = {};
  private float[] losses = {};
  private int rows;
  private int classes;
  private double mean = Double.NaN;
  private WeakReference<INDArray> unscoredLabels = new WeakReference<>(null);

  private TrainingPass(LossContext context) {
    this.context = context;
  }

  /**
   * Binds a new pass to the calling thread until it is closed.
   *
   * @param context where in the run the batches stand, and what the method shares
   * @return the pass
   * @throws IllegalStateException if the thread has one already
   */
  public static TrainingPass bind(LossContext context) {
    if (CURRENT.get() != null) {
      throw new IllegalStateException("A training pass is already bound to this thread");
    }
    TrainingPass pass = new TrainingPass(context);
    CURRENT.set(pass);
    return pass;
  }

  /** The context of the calling thread; null when none is bound. */
  static TrainingPass current() {
    return CURRENT.get();
  }

  /**
   * What the losses of this pass read besides the batch.
   *
   * @return the context given to {@link #bind}
   */
  public LossContext context() {
    return context;
  }

  /**
   * Number of samples in the latest batch.
   *
   * @return rows of {@link #logits()} that are in use; 0 before the first batch
   */
  public int rows() {
    return rows;
  }

  /**
   * Number of classes in the latest batch.
   *
   * @return columns of {@link #logits()}; 0 before the first batch
   */
  public int classes() {
    return classes;
  }

  /**
   * Logits of the latest batch's training forward pass, from before that batch's update. Row i
   * belongs to row i of the batch.
   *
   * @return {@code [rows, classes]} in row-major order, in the first {@code rows * classes} values
   *     of an array that may be longer and that the next batch overwrites
   */
  public float[] logits() {
    return logits;
  }

  /**
   * The method's loss of every sample of the latest batch; NaN for losses that couple the samples
   * of a batch.
   *
   * @return {@code [rows]}, in the first values of an array that may be longer and that the next
   *     batch overwrites
   */
  public float[] losses() {
    return losses;
  }

  /**
   * The method's loss of the latest batch, without regularisation.
   *
   * @return the mean over the batch; NaN before the first batch
   */
  public double meanLoss() {
    return mean;
  }

  /** Unbinds the context; what it captured stays readable. */
  @Override
  public void close() {
    if (CURRENT.get() != this) {
      throw new IllegalStateException("This training pass is not bound to this thread");
    }
    CURRENT.remove();
    unscoredLabels.clear();
  }

  /**
   * Copies the outputs of a training forward pass.
   *
   * @param labels the batch's labels as DL4J passed them, to recognise the batch when it is scored
   * @param batchLogits {@code [rows, classes]}
   * @param batchLosses {@code [rows, 1]}, or null
   * @param batchMean the batch loss
   */
  void capture(INDArray labels, INDArray batchLogits, INDArray batchLosses, double batchMean) {
    rows = (int) batchLogits.size(0);
    classes = (int) batchLogits.size(1);
    logits = PrimitiveCopies.copy(batchLogits, logits);
    if (batchLosses == null) {
      losses = losses.length < rows ? new float[rows] : losses;
      Arrays.fill(losses, 0, rows, Float.NaN);
    } else {
      losses = PrimitiveCopies.copy(batchLosses, losses);
    }
    mean = batchMean;
    unscoredLabels = new WeakReference<>(labels);
  }

  /**
   * Whether these are the labels of the batch captured last and that batch was not scored yet. DL4J
   * scores every batch once, right after its gradient; the answer is yes that one time.
   */
  boolean takeScore(INDArray labels) {
    boolean captured = unscoredLabels.refersTo(labels);
    unscoredLabels.clear();
    return captured;
  }
}
