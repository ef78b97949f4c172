"""Where a checkpoint keeps its weights, told from headers alone.

A checkpoint is a diffusers folder or one safetensors file in the key layout that LDM's and SGM's
code trained (`model.diffusion_model.`, `first_stage_model.`, `cond_stage_model.`, `conditioner.`).
Behind this door both look alike: `layout_of` says, for each of its components, which tensor of
which file is which weight of the diffusers or transformers module, and the module's configuration.

    layout = layout_of(path, vae=None, text_encoders=())
    layout.family                    "sd15" or "sdxl"
    layout.missing                   components that the file lacks, e.g. ("vae",)
    layout.problems                  sentences about the checkpoint; () where all of it is right
    part = layout.parts["unet"]      also "vae", "text_encoder" and, of SDXL, "text_encoder_2"
    part.config                      what diffusers' and transformers' classes are made from
    part.weights["conv_in.weight"]   Stored(file, key, shape, rows, transposed)

A `Stored` becomes the module's weight like so, each step only where it is asked for:

    tensor = tensors_of(stored.file)[stored.key]
    if stored.rows: tensor = tensor[stored.rows[0]:stored.rows[1]]   # a third of `in_proj_weight`
    if stored.transposed: tensor = tensor.T                          # `text_projection`
    tensor = tensor.reshape(stored.shape)                            # a 1x1 convolution's, linear

Names of weights are those of `UNet2DConditionModel.state_dict()`, `AutoencoderKL.state_dict()` and
of `CLIPTextModel.state_dict()` as transformers 5 has it, **without** a level `text_model.`
(`encoder.layers.0.self_attn.q_proj.weight`); `text_encoder_2` has `text_projection.weight` beside
them and also has no `text_model.`. Tensors that are no weights (positions, noise levels, averages)
are in no part.

`weights_of` is the short form: `{component: {name: shape}}`, for a folder and a file alike.
"""

from storyboard.models.layouts.layout import Layout, layout_of, weights_of
from storyboard.models.layouts.matching import Part, Stored
from storyboard.models.layouts.specifications import COMPONENTS, Component

__all__ = ["COMPONENTS", "Component", "Layout", "Part", "Stored", "layout_of", "weights_of"]
