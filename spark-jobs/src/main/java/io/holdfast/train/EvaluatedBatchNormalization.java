package io.holdfast.train;

import java.util.Collection;
import java.util.Map;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.params.BatchNormalizationParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Batch normalisation by its running statistics in both directions: forwards x -> gamma (x - mean)
 * / sqrt(variance + epsilon) + beta, backwards the slope of that. DL4J's own way back is that of
 * the batch's statistics, whatever the forward pass was. Parameters get no gradient.
 */
final class EvaluatedBatchNormalization extends BatchNormalization {
  private static final long serialVersionUID = 1L;

  /**
   * @param trained whose running variances are kept as variances
   */
  EvaluatedBatchNormalization(BatchNormalization trained) {
    setLayerName(trained.getLayerName());
    setNIn(trained.getNIn());
    setNOut(trained.getNOut());
    setEps(trained.getEps());
    setGamma(trained.getGamma());
    setBeta(trained.getBeta());
    setLockGammaBeta(trained.isLockGammaBeta());
    setUseLogStd(trained.isUseLogStd());
    setCnn2DFormat(trained.getCnn2DFormat());
    setCudnnAllowFallback(trained.isCudnnAllowFallback());
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration configuration,
      Collection<TrainingListener> listeners,
      int index,
      INDArray parameters,
      boolean initialise,
      DataType type) {
    Evaluated layer = new Evaluated(configuration, type);
    layer.setListeners(listeners);
    layer.setIndex(index);
    layer.setParamsViewArray(parameters);
    Map<String, INDArray> table = initializer().init(configuration, parameters, initialise);
    layer.setParamTable(table);
    layer.setConf(configuration);
    return layer;
  }

  private static final class Evaluated
      extends org.deeplearning4j.nn.layers.normalization.BatchNormalization {
    private static final long serialVersionUID = 1L;

    Evaluated(NeuralNetConfiguration configuration, DataType type) {
      super(configuration, type);
    }

    @Override
    public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
      return super.activate(false, workspaces);
    }

    @Override
    public Pair<Gradient, INDArray> backpropGradient(
        INDArray epsilon, LayerWorkspaceMgr workspaces) {
      BatchNormalization norm = layerConf();
      INDArray variance = getParam(BatchNormalizationParamInitializer.GLOBAL_VAR);
      INDArray scale =
          norm.isLockGammaBeta()
              ? Nd4j.valueArrayOf(variance.shape(), norm.getGamma(), dataType)
              : getParam(BatchNormalizationParamInitializer.GAMMA);
      INDArray slope = scale.div(Transforms.sqrt(variance.add(norm.getEps()), false));
      boolean channelsLast = epsilon.rank() == 4 && norm.getCnn2DFormat() == CNN2DFormat.NHWC;
      INDArray gradient =
          workspaces.createUninitialized(
              ArrayType.ACTIVATION_GRAD, dataType, epsilon.shape(), epsilon.ordering());
      Nd4j.getExecutioner()
          .exec(new BroadcastMulOp(epsilon, slope, gradient, channelsLast ? 3 : 1));
      return new Pair<>(new DefaultGradient(), gradient);
    }
  }
}
